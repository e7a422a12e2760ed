"""What FFmpeg says of a file, read from ``ffmpeg -i`` (there may be no ffprobe), and what may be worked on at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runs.engine.nodes.base import Clip, NodeError

if TYPE_CHECKING:
    from pathlib import Path

# Real video containers; playlists and scripts that could lead FFmpeg elsewhere (hls, concat, dash …) are not here.
DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,ogg,mxf,gif"
MAX_PIXELS = 8192 * 4320
MAX_DURATION_MS = 3 * 60 * 60 * 1000

# Anchored at the depth where FFmpeg itself writes: titles and comments of a file stand deeper.
_DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)", re.MULTILINE)
_INPUT = re.compile(r"^Input #0, (\S+), from ", re.MULTILINE)
_VIDEO = re.compile(r"^  Stream #0:\d+\S*: Video: (\w+)(.*)$", re.MULTILINE)
_AUDIO = re.compile(r"^  Stream #0:\d+\S*: Audio: (\w+)", re.MULTILINE)
_SIZE = re.compile(r", (\d{1,6})x(\d{1,6})\b")
_RATE = re.compile(r", (\d+(?:\.\d+)?)(k?) fps\b")
_SHAPE = re.compile(r"\[SAR (\d+):(\d+) ")
_ROTATION = re.compile(r"^ {4,}displaymatrix: rotation of (-?\d+(?:\.\d+)?) degrees", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Facts:
    """One file. Width and height are as shown, after rotation; ``duration_ms`` is None when it is not written down.

    ``rate`` is in frames a second, 0 when it is not known.
    """

    duration_ms: int | None
    width: int
    height: int
    rate: float
    container: str
    video_codec: str
    pixel_format: str
    audio_codec: str
    is_rotated: bool
    has_square_pixels: bool

    @property
    def is_plain(self) -> bool:
        """Whether the streams can be taken as they are: what every browser and every later step can play."""
        return (
            "mp4" in self.container.split(",")
            and self.video_codec == "h264"
            and self.pixel_format == "yuv420p"
            and self.audio_codec in {"", "aac"}
            and self.has_square_pixels
            and not self.is_rotated
            and self.width % 2 == self.height % 2 == 0
        )

    def clip(self, path: Path) -> Clip:
        """The facts that nodes work with; raises :class:`NodeError` beyond the limits."""
        if self.width * self.height > MAX_PIXELS:
            raise NodeError(
                f"The picture is {self.width}×{self.height}, which is more than the limit of 8192×4320 pixels."
            )
        if (self.duration_ms or 0) > MAX_DURATION_MS:
            raise NodeError(f"The video is longer than the limit of {MAX_DURATION_MS // 3_600_000} hours.")
        return Clip(path, self.duration_ms or 0, self.width, self.height, bool(self.audio_codec))


def read(text: str) -> Facts:
    """The facts in what ``ffmpeg -i`` wrote; raises :class:`NodeError` when there is no moving picture in it."""
    container = _INPUT.search(text)
    if not container:
        raise NodeError(sentence(text))
    video = next((match for match in _VIDEO.finditer(text) if "(attached pic)" not in match[2]), None)
    size = _SIZE.search(video[2]) if video else None
    if not video or not size:
        raise NodeError("The file has no moving picture in it.")
    shape = _SHAPE.search(video[2])
    turn = _ROTATION.search(text)
    quarter = bool(turn) and round(abs(float(turn[1] if turn else 0))) % 180 == 90
    width, height = int(size[1]), int(size[2])
    duration = _DURATION.search(text)
    audio = _AUDIO.search(text)
    pixels = re.search(r", (\w+)(?:\(|,)", video[2])
    return Facts(
        duration_ms=_milliseconds(duration) if duration else None,
        width=height if quarter else width,
        height=width if quarter else height,
        rate=_frame_rate(_RATE.search(video[2])),
        container=container[1].rstrip(","),
        video_codec=video[1],
        pixel_format=pixels[1] if pixels else "",
        audio_codec=audio[1] if audio else "",
        is_rotated=turn is not None,
        has_square_pixels=not shape or shape[1] == shape[2],
    )


def refuse_text(path: Path) -> None:
    """Raise :class:`NodeError` for a file that is text, whatever it is called: a playlist, a web page.

    FFmpeg's white-list of formats refuses them too, but by the name alone it may try another format first, and then
    complains of something else. Every real container has bytes in its beginning that no text has.
    """
    with path.open("rb") as file:
        head = file.read(512)
    if head and not any(byte < 9 for byte in head):
        raise NodeError("This is a text file, perhaps a playlist or a web page, and not a video.")


_KNOWN = (
    ("moov atom not found", "The file is damaged or not complete: its index is missing."),
    ("not on whitelist", "This is not a video file of a kind that is worked on (playlists are not)."),
    ("not in allowed list", "This is not a video file of a kind that is worked on (playlists are not)."),
    ("Invalid data found when processing input", "The file is not a video that can be read."),
    ("No space left on device", "There is no space left on the disk."),
    ("File too large", "The result grew larger than the limit."),
)


def sentence(text: str) -> str:
    """The last thing FFmpeg complained of, for people: without paths, addresses in memory or brackets."""
    for mark, words in _KNOWN:
        if mark in text:
            return words
    lines = [line.strip() for line in text.splitlines() if line.strip() not in {"", "Conversion failed!"}]
    last = next(
        (line for line in reversed(lines) if re.search(r"error|invalid|fail|unable|cannot|no such", line, re.I)), ""
    )
    last = re.sub(r"\[[^\]]*@ 0x[0-9a-f]+\] ?", "", last)
    last = re.sub(r"(?:file:)?(?:/[^\s:'\"]+)+", "the file", last)[:200].rstrip(" .:!")
    return (
        f"FFmpeg could not do the work of this node: {last}."
        if last
        else "FFmpeg could not do the work of this node and did not say why."
    )


def _frame_rate(match: re.Match[str] | None) -> float:
    """FFmpeg writes 29.97 for 30000/1001; over an hour the difference is several frames' worth of rounding."""
    if match is None:
        return 0.0
    written = float(match[1]) * (1000 if match[2] else 1)
    whole = round(written * 1.001)
    return whole / 1.001 if written % 1 and abs(whole / 1.001 - written) < 0.006 else written


def _milliseconds(match: re.Match[str]) -> int:
    return round((int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])) * 1000)
