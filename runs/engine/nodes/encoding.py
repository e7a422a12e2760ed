"""How results are written, and how a node does the same to each incoming render."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runs.engine.nodes.base import Clip, NodeError, Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runs.engine.nodes.base import Work

_THREADS = str(min(os.cpu_count() or 1, 4))

# What every browser plays; quick, and good enough to be encoded again by the next step.
PICTURE = (
    *("-map", "0:v:0", "-c:v", "libx264", "-preset", "superfast", "-crf", "21", "-pix_fmt", "yuv420p"),
    *("-threads", _THREADS),
)
SOUND = ("-map", "0:a:0?", "-c:a", "aac", "-b:a", "160k", "-ar", "48000")
SAME_SOUND = ("-map", "0:a:0?", "-c:a", "copy")
# The index stands at the front, so that playing starts before the whole file has come.
FILE = ("-map_chapters", "-1", "-sn", "-dn", "-movflags", "+faststart", "-f", "mp4")


def read(clip: Clip) -> list[str]:
    """The input arguments for a clip."""
    return ["-i", f"file:{clip.path}"]


def write(path: Path) -> list[str]:
    """The last arguments: an MP4 file at ``path``."""
    return [*FILE, f"file:{path}"]


def even(length: float) -> int:
    """``length`` as the pixels H.264 takes: even, at least 2, never more than asked."""
    return max(2, int(length) // 2 * 2)


def change_picture(work: Work, clip: Clip, path: Path, filters: str) -> None:
    """Put the picture through ``filters`` and leave the sound as it is."""
    work.ffmpeg.run([*read(clip), "-vf", filters, *PICTURE, *SAME_SOUND, *write(path)])


def pass_through(work: Work, clip: Clip, path: Path) -> None:
    """The same streams in a new file, nothing decoded."""
    work.ffmpeg.run([*read(clip), "-map", "0:v:0", "-c:v", "copy", *SAME_SOUND, *write(path)])


def for_each(work: Work, step: Callable[[Work, Clip, Path], str]) -> Result:
    """Do ``step`` to each incoming render: one render each. ``step`` returns a sentence, or nothing.

    What fails for one render does not stop the others; when all fail, the node does.
    """
    if not work.inputs:
        raise NodeError("No video arrived at this node.")
    videos: list[Path] = []
    messages: list[str] = []
    failures: list[str] = []
    for number, clip in enumerate(work.inputs):
        path = work.folder / f"{len(videos)}.mp4"
        try:
            messages.append(step(work, clip, path))
        except NodeError as error:
            path.unlink(missing_ok=True)
            failures.append(f"Video {number + 1}: {error}" if len(work.inputs) > 1 else str(error))
        else:
            videos.append(path)
    if not videos:
        raise NodeError(" ".join(failures))
    return Result(videos, " ".join(dict.fromkeys(filter(None, messages))), tuple(failures))
