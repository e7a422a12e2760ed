"""The pictures of the sample clip, drawn pixel by pixel: skies, suns, ridges that repeat seamlessly, and digits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runs.engine.rendering import png

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH, HEIGHT = 640, 360
DISC = 220
_DIGITS = (
    *("0:01110100011001110101110011000101110", "1:00100011000010000100001000010001110"),
    *("2:01110100010000100110010001000011111", "3:01110100010000100110000011000101110"),
    *("4:00010001100101010010111110001000010", "5:11111100001111000001000011000101110"),
    *("6:00110010001000011110100011000101110", "7:11111000010001000100010000100001000"),
    *("8:01110100011000101110100011000101110", "9:01110100011000101111000010001001100"),
    *("::00000001100011000000001100011000000", " :00000000000000000000000000000000000"),
)
# Character → seven rows of five dots.
_FONT = {line[0]: [line[2 + 5 * row : 7 + 5 * row] for row in range(7)] for line in _DIGITS}
_DOT = 3
_PAD = 6
COUNTER_WIDTH = 8 * 6 * _DOT - _DOT + 2 * _PAD
COUNTER_HEIGHT = 7 * _DOT + 2 * _PAD


@dataclass(frozen=True, slots=True)
class Ridge:
    """A band of land or water: ``color`` RGB, its ``height`` in pixels at a place from 0 to 1, pixels a second."""

    color: int
    height: Callable[[float], float]
    speed: int


@dataclass(frozen=True, slots=True)
class Scene:
    """A place and a time of day. ``disc`` is a sun or a moon: colour, and FFmpeg expressions for its centre."""

    seconds: int
    sky: tuple[int, int, int]
    disc: tuple[int, str, str]
    ridges: tuple[Ridge, ...]


def waves(base: float, *parts: tuple[int, float, float]) -> Callable[[float], float]:
    """Sines around ``base`` pixels: whole periods a picture (so that it repeats), amplitude, phase."""
    return lambda place: (
        base + sum(size * math.sin(2 * math.pi * times * place + phase) for times, size, phase in parts)
    )


def peaks(base: float, *parts: tuple[int, float, float]) -> Callable[[float], float]:
    """As :func:`waves`, pointed."""
    return lambda place: (
        base + sum(size * (2 * abs(2 * ((times * place + phase) % 1) - 1) - 1) for times, size, phase in parts)
    )


def blocks(base: float, heights: Sequence[int]) -> Callable[[float], float]:
    """A skyline of houses of equal width."""
    return lambda place: base + heights[int(place * len(heights)) % len(heights)]


def sky(colors: tuple[int, int, int]) -> bytes:
    """A PNG that goes from the first colour at the top through the second to the third at the bottom."""
    rows = []
    for y in range(HEIGHT):
        place = y / (HEIGHT - 1) * 2
        start, end = (colors[0], colors[1]) if place < 1 else (colors[1], colors[2])
        mixed = (
            _mixed(one, two, place % 1 if place < 2 else 1.0) for one, two in zip(_rgb(start), _rgb(end), strict=True)
        )
        rows.append(bytes((*mixed, 255)) * WIDTH)
    return png.encode(rows)


def disc(color: int) -> bytes:
    """A PNG of a bright disc with a glow around it."""
    middle = (DISC - 1) / 2
    radius = DISC * 0.19
    rgb = bytes(_rgb(color))
    levels = [rgb + bytes((level,)) for level in range(256)]
    rows = []
    for y in range(DISC // 2):
        half = []
        for x in range(DISC // 2):
            away = math.hypot(x - middle, y - middle)
            glow = max(0.0, 1 - (away - radius) / (middle - radius)) ** 2.4 * 0.5
            half.append(levels[round(255 * min(1.0, max(glow, radius + 0.5 - away)))])
        rows.append(b"".join(half + half[::-1]))
    return png.encode(rows + rows[::-1])


def ridge(shape: Ridge) -> bytes:
    """A PNG two pictures wide, the second half like the first: moved by up to one picture, it never ends.

    As high as the ridge; it belongs at the bottom.
    """
    tops = [HEIGHT - shape.height(x / WIDTH) for x in range(WIDTH)]
    rgb = bytes(_rgb(shape.color))
    levels = [rgb + bytes((round(255 * level / 16),)) for level in range(17)]
    first, last = int(min(tops)), math.ceil(max(tops))
    first -= first % 2
    rows = []
    for y in range(first, last):
        # The pixel at the edge is as solid as the ridge covers it.
        rows.append(b"".join(levels[max(0, min(16, int((y + 1 - top) * 16)))] for top in tops) * 2)
    return png.encode(rows + [levels[16] * WIDTH * 2] * (HEIGHT - last))


def counter(seconds: int, rate: int) -> bytes:
    """A time code, minutes:seconds:frames, as raw frames of 8-bit gray: needs no font of the machine's."""
    dots = {mark: [b"".join(_dot(dot) for dot in row) + _dot("0") for row in rows] for mark, rows in _FONT.items()}
    side = _dot("0")[:1] * _PAD
    edge = _dot("0")[:1] * COUNTER_WIDTH * _PAD
    frames = []
    for number in range(seconds * rate):
        second, frame = divmod(number, rate)
        text = f"{second // 60:02}:{second % 60:02}:{frame:02}"
        lines = [b"".join(dots[mark][row] for mark in text)[:-_DOT] for row in range(7)]
        frames.append(edge + b"".join((side + line + side) * _DOT for line in lines) + edge)
    return b"".join(frames)


def _dot(mark: str) -> bytes:
    return (b"\xf4" if mark == "1" else b"\x18") * _DOT


def _rgb(color: int) -> tuple[int, int, int]:
    return color >> 16, color >> 8 & 255, color & 255


def _mixed(one: int, two: int, part: float) -> int:
    return round(one + (two - one) * part)
