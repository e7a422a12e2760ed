"""Reframe: another shape of picture, cut out of the old one or on a bed. Nothing is tracked, nothing enlarged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runs.engine.nodes import encoding
from runs.engine.nodes.base import Clip, NodeType, Param, Result, Work

if TYPE_CHECKING:
    from pathlib import Path

_SHAPES = ("9:16", "4:5", "1:1", "4:3", "16:9")


def work(work: Work) -> Result:
    """One reframed render for each incoming one; the sound stays as it is."""
    return encoding.for_each(work, _reframe)


def _reframe(work: Work, clip: Clip, path: Path) -> str:
    across, down = (int(part) for part in str(work.params["aspect_ratio"]).split(":"))
    make = {"crop": _cropped, "blur": _on_blur, "pad": _on_color}[str(work.params["fill"])]
    encoding.change_picture(work, clip, path, make(work, clip, across / down) + ",setsar=1")
    return ""


def _cropped(work: Work, clip: Clip, ratio: float) -> str:
    """The largest window of the shape that fits inside; where it stands is said in percent of the room left over."""
    width = encoding.even(min(clip.width, clip.height * ratio))
    height = encoding.even(min(clip.height, clip.width / ratio))
    left = round((clip.width - width) * float(work.params["focus_x"]) / 100)
    top = round((clip.height - height) * float(work.params["focus_y"]) / 100)
    return f"crop={width}:{height}:{left}:{top}:exact=1"


def canvas(width: int, height: int, ratio: float) -> tuple[int, int]:
    """A canvas of the shape whose short side is the source's: nothing on it has to be enlarged."""
    short = min(width, height)
    return (
        (encoding.even(short * ratio), encoding.even(short))
        if ratio >= 1
        else (encoding.even(short), encoding.even(short / ratio))
    )


def _fitted(clip: Clip, width: int, height: int) -> tuple[int, int]:
    factor = min(width / clip.width, height / clip.height, 1)
    return encoding.even(clip.width * factor), encoding.even(clip.height * factor)


def _on_blur(work: Work, clip: Clip, ratio: float) -> str:
    width, height = canvas(clip.width, clip.height, ratio)
    inner_width, inner_height = _fitted(clip, width, height)
    # The bed is blurred small and then enlarged: as soft, and many times quicker.
    small = f"{encoding.even(max(width / 8, 16))}:{encoding.even(max(height / 8, 16))}"
    return (
        f"split[bed][top];[bed]scale={small}:force_original_aspect_ratio=increase,crop={small},"
        f"gblur=sigma=3,eq=brightness=-0.08,scale={width}:{height}[bed];"
        f"[top]scale={inner_width}:{inner_height}[top];[bed][top]overlay=(W-w)/2:(H-h)/2"
    )


def _on_color(work: Work, clip: Clip, ratio: float) -> str:
    width, height = canvas(clip.width, clip.height, ratio)
    inner_width, inner_height = _fitted(clip, width, height)
    digits = str(work.params["pad_color"]).removeprefix("#")
    # Short colours are doubled digit by digit; a bed is never transparent, so an alpha is left off.
    color = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits[:6]
    return (
        f"scale={inner_width}:{inner_height},"
        f"pad={width}:{height}:{(width - inner_width) // 2}:{(height - inner_height) // 2}:color=0x{color}"
    )


REFRAME = NodeType(
    id="0e3a90e4-173f-42fc-b7ef-0df6a062e26c",
    name="Reframe",
    slug="reframe",
    params=(
        Param(
            "aspect_ratio",
            "enum",
            "9:16",
            enum=_SHAPES,
            engine_only=True,
            help="The shape of the result, width to height.",
            source="engine",
        ),
        Param(
            "fill",
            "enum",
            "crop",
            enum=("crop", "blur", "pad"),
            engine_only=True,
            help="Cut the shape out of the picture, or keep the whole picture on a blurred or plain bed.",
            source="engine",
        ),
        Param(
            "focus_x",
            "number",
            50,
            minimum=0,
            maximum=100,
            unit="%",
            engine_only=True,
            help="Where a cut-out stands: 0 is the left edge, 100 the right.",
            source="engine",
        ),
        Param(
            "focus_y",
            "number",
            50,
            minimum=0,
            maximum=100,
            unit="%",
            engine_only=True,
            help="Where a cut-out stands: 0 is the top edge, 100 the bottom.",
            source="engine",
        ),
        Param(
            "pad_color",
            "color",
            "#000000",
            engine_only=True,
            help="The colour of a plain bed.",
            source="engine",
        ),
    ),
    cost=5,
    work=work,
)
