"""Measuring what is in a video: its frames as bytes, its loudness over time."""

from __future__ import annotations

import functools
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runs.engine.nodes.base import Work
from runs.engine.rendering.ffmpeg import Runner, executable

if TYPE_CHECKING:
    from pathlib import Path

    from runs.engine.nodes.base import Clip, NodeType, Result


@dataclass(frozen=True)
class Frame:
    """One frame in 8-bit gray."""

    width: int
    height: int
    pixels: bytes

    def row(self, y: int) -> bytes:
        """The pixels of one line."""
        return self.pixels[y * self.width : (y + 1) * self.width]

    def region(self, left: float, top: float, right: float, bottom: float) -> bytes:
        """The pixels of a part, its edges in fractions of the picture."""
        columns = slice(round(left * self.width), round(right * self.width))
        return b"".join(self.row(y)[columns] for y in range(round(top * self.height), round(bottom * self.height)))

    def flipped(self) -> Frame:
        """Left to right."""
        return Frame(self.width, self.height, b"".join(self.row(y)[::-1] for y in range(self.height)))

    def upside_down(self) -> Frame:
        """Top to bottom."""
        return Frame(self.width, self.height, b"".join(self.row(y) for y in reversed(range(self.height))))

    def difference(self, other: Frame) -> float:
        """The mean difference of two pictures of one size, 0 to 255."""
        assert (self.width, self.height) == (other.width, other.height)
        return difference(self.pixels, other.pixels)


def difference(one: bytes, other: bytes) -> float:
    """The mean difference of two runs of pixels."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / max(1, len(one))


def mean(pixels: bytes) -> float:
    """The mean brightness."""
    return sum(pixels) / len(pixels)


def run(kind: NodeType, folder: Path, *clips: Clip, source: dict[str, Any] | None = None, **params: Any) -> Result:
    """Let a node work in ``folder`` with its defaults and ``params``."""
    assert kind.work is not None
    folder.mkdir(parents=True, exist_ok=True)
    filled = {param.key: params.pop(param.key, param.default) for param in kind.params}
    assert not params, f"{kind.name} knows no {sorted(params)}"
    return kind.work(Work(Runner(folder), folder, clips, filled, source))


@functools.cache
def probe(path: Path) -> Clip:
    """The facts of a file."""
    return Runner(path.parent).probe(path)


def frame(path: Path, at: float = 0.5) -> Frame:
    """The frame that shows at ``at`` seconds."""
    done = subprocess.run(
        [
            *(executable(), "-hide_banner", "-nostdin", "-loglevel", "error", "-ss", str(at), "-i", str(path)),
            *("-frames:v", "1", "-f", "image2pipe", "-c:v", "pgm", "-pix_fmt", "gray", "-"),
        ],
        check=True,
        stdout=subprocess.PIPE,
    )
    mark, size, _, pixels = done.stdout.split(b"\n", 3)
    assert mark == b"P5"
    width, height = (int(number) for number in size.split())
    return Frame(width, height, pixels)


def silences(path: Path, threshold_db: float = -40, seconds: float = 0.3) -> list[float]:
    """How long each silence lasts."""
    text = _decode(path, "-map", "0:a:0", "-af", f"silencedetect=noise={threshold_db}dB:d={seconds}")
    return [float(number) for number in re.findall(r"silence_duration: ([\d.]+)", text)]


def loudness(path: Path) -> float:
    """The mean volume in dB."""
    found = re.search(r"mean_volume: (-?[\d.]+) dB", _decode(path, "-map", "0:a:0", "-af", "volumedetect"))
    assert found
    return float(found[1])


def seconds(path: Path) -> float:
    """How long the picture lasts, by its frames, of which the test clips have 25 a second."""
    return int(re.findall(r"frame= *(\d+)", _decode(path, "-map", "0:v:0", "-c", "copy", "-stats"))[-1]) / 25


def _decode(path: Path, *arguments: str) -> str:
    command = [executable(), "-hide_banner", "-nostdin", "-i", str(path), *arguments, "-f", "null", "-"]
    return subprocess.run(command, check=True, stderr=subprocess.PIPE).stderr.decode()


def moov_before_mdat(path: Path) -> bool:
    """Whether the index stands before the media, so that playing can start at once."""
    content = path.read_bytes()
    return 0 < content.find(b"moov") < content.find(b"mdat")
