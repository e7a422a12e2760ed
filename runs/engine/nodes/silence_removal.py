"""Silence Removal: cuts out what is quiet for long enough, picture and sound together."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from runs.engine.nodes import encoding
from runs.engine.nodes.base import Clip, NodeError, NodeType, Param, Result, Work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Span = tuple[float, float]

# The cuts stand in one argument of FFmpeg's command line, which the system bounds.
MAX_CUTS = 800
# Shorter than this nothing is worth cutting, or keeping: about two frames.
MIN_SECONDS = 0.08

_START = re.compile(r"silence_start: (-?\d+(?:\.\d+)?)")
_END = re.compile(r"silence_end: (-?\d+(?:\.\d+)?)")


def work(work: Work) -> Result:
    """One shorter render for each incoming one; what has no sound, or no silence, passes as it is."""
    return encoding.for_each(work, _cut)


def _cut(work: Work, clip: Clip, path: Path) -> str:
    if not clip.has_audio:
        encoding.pass_through(work, clip, path)
        return "The video has no sound, so nothing was cut."
    seconds = clip.duration_ms / 1000
    silences = find_silences(work, clip, float(work.params["threshold_db"]), int(work.params["min_silence_ms"]) / 1000)
    cuts = shrink(silences, int(work.params["padding_ms"]) / 1000, seconds)
    cuts = on_frames(cuts, work.ffmpeg.facts(clip.path).rate)
    if not cuts:
        encoding.pass_through(work, clip, path)
        return "No silence was found, so nothing was cut."
    if seconds - sum(end - start for start, end in cuts) < MIN_SECONDS:
        raise NodeError("The video is silent from start to end, so nothing would remain of it.")
    keep, removed = expressions(cuts)
    work.ffmpeg.run(
        [
            *encoding.read(clip),
            *("-vf", f"select='{keep}',setpts='PTS-({removed})/TB'"),
            # Small pieces of sound, so that it is cut where the picture is.
            *("-af", f"asetnsamples=n=240:p=0,aselect='{keep}',asetpts='PTS-({removed})/TB',aresample=async=1"),
            *encoding.PICTURE,
            *encoding.SOUND,
            *encoding.write(path),
        ]
    )
    return ""


def find_silences(work: Work, clip: Clip, threshold_db: float, min_seconds: float) -> list[Span]:
    """Stretches in which the sound stays below the threshold, in seconds; open ends reach to the clip's."""
    text = work.ffmpeg.run(
        [
            *encoding.read(clip),
            *("-map", "0:a:0", "-af", f"silencedetect=noise={threshold_db:g}dB:d={min_seconds:g}", "-f", "null", "-"),
        ]
    )
    starts = [max(0.0, float(match[1])) for match in _START.finditer(text)]
    ends = [float(match[1]) for match in _END.finditer(text)]
    ends += [clip.duration_ms / 1000] * (len(starts) - len(ends))
    return list(zip(starts, ends, strict=False))


def shrink(silences: Sequence[Span], padding: float, seconds: float) -> list[Span]:
    """What is really cut: each silence less the padding on either side that borders on sound, the longest ones only."""
    cuts = []
    for start, end in silences:
        first = start if start <= MIN_SECONDS else start + padding
        last = min(end, seconds) if end >= seconds - MIN_SECONDS else end - padding
        if last - first >= MIN_SECONDS:
            cuts.append((first, last))
    longest = sorted(cuts, key=lambda cut: cut[0] - cut[1])[:MAX_CUTS]
    return sorted(longest)


def on_frames(cuts: Sequence[Span], rate: float) -> list[Span]:
    """The cuts with their edges midway between two frames: what is left then stays in step, and no frame is lost."""
    if not rate:
        return list(cuts)
    snapped = [
        ((math.ceil(start * rate) - 0.5) / rate, (math.floor(end * rate + 0.001) - 0.5) / rate) for start, end in cuts
    ]
    return [(start, end) for start, end in snapped if end - start >= 0.5 / rate]


def expressions(cuts: Sequence[Span]) -> tuple[str, str]:
    """Two expressions of the frame's time: whether it is kept, and how many seconds were cut before it.

    Shifting each frame by what was cut before it keeps picture and sound together however many cuts there are.
    Binary trees, because they are worked out for every frame.
    """
    edges: list[float] = []
    kept = ["1"]
    shifts = ["0"]
    total = 0.0
    for start, end in cuts:
        total += end - start
        edges += [start, end]
        kept += ["0", "1"]
        shifts += [shifts[-1], f"{total:.4f}"]
    return _tree(edges, kept, "t"), _tree(edges, shifts, "PTS*TB")


def _tree(edges: Sequence[float], values: Sequence[str], clock: str) -> str:
    if not edges:
        return values[0]
    middle = len(edges) // 2
    before = _tree(edges[:middle], values[: middle + 1], clock)
    after = _tree(edges[middle + 1 :], values[middle + 1 :], clock)
    return f"if(lt({clock},{edges[middle]:.4f}),{before},{after})"


SILENCE_REMOVAL = NodeType(
    id="a22d0b93-2bbf-479d-8efd-d446163982e8",
    name="Silence Removal",
    slug="silence-removal",
    params=(
        Param(
            "threshold_db",
            "number",
            -35,
            minimum=-90,
            maximum=-10,
            unit="dB",
            engine_only=True,
            help="Sound below this level counts as silence.",
            source="engine",
        ),
        Param(
            "min_silence_ms",
            "integer",
            600,
            minimum=100,
            maximum=60_000,
            unit="ms",
            engine_only=True,
            help="Shorter silences are left in: they are how people breathe.",
            source="engine",
        ),
        Param(
            "padding_ms",
            "integer",
            120,
            minimum=0,
            maximum=5_000,
            unit="ms",
            engine_only=True,
            help="How much of a silence is kept on each side, so that words are not clipped.",
            source="engine",
        ),
    ),
    cost=5,
    work=work,
)
