"""Clips: finds the scenes of a video and makes a clip of each, or of neighbours that together are as long as asked.

Scenes are found by what changes in the picture. The prompt is accepted and has no effect here: choosing moments by
meaning is the remote service's art.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runs.engine.nodes import encoding
from runs.engine.nodes.base import Clip, NodeError, NodeType, Param, Result, Work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Span = tuple[float, float]

# A source shorter than this holds nothing that could be called a clip.
MIN_SOURCE_SECONDS = 0.4
# Without a number of clips, at most so many.
USUAL_CLIPS = 10
# A scene may be this much longer than the target before it is shortened.
TOLERANCE = 1.25
_SCENE = re.compile(r"lavfi\.scd\.time: (\d+(?:\.\d+)?)")
_DOCS = "docs.mosaic.so/tiles/clips"


@dataclass(frozen=True, slots=True)
class _Candidate:
    number: int
    clip: Clip
    span: Span

    @property
    def seconds(self) -> float:
        return self.span[1] - self.span[0]

    @property
    def is_whole(self) -> bool:
        return self.span[0] <= 0 and self.seconds * 1000 >= self.clip.duration_ms - 1


def work(work: Work) -> Result:
    """Up to ``num_clips`` renders in the order of the source; none, with a sentence, when nothing usable remains."""
    if not work.inputs:
        raise NodeError("No video arrived at this node.")
    failures: list[str] = []
    candidates: list[_Candidate] = []
    for number, clip in enumerate(work.inputs):
        try:
            candidates += [_Candidate(number, clip, span) for span in _spans(work, clip)]
        except NodeError as error:
            failures.append(f"Video {number + 1}: {error}" if len(work.inputs) > 1 else str(error))
    if len(failures) == len(work.inputs):
        raise NodeError(" ".join(failures))
    if not candidates:
        message = f"No clip was made: the video is shorter than {MIN_SOURCE_SECONDS:g} seconds."
        return Result([], message, tuple(failures))
    videos: list[Path] = []
    for candidate in _chosen(candidates, int(work.params["num_clips"] or USUAL_CLIPS), work.params["target_duration"]):
        path = work.folder / f"{len(videos)}.mp4"
        if candidate.is_whole:
            encoding.pass_through(work, candidate.clip, path)
        else:
            start, end = candidate.span
            work.ffmpeg.run(
                [
                    *("-ss", f"{start:.3f}", "-t", f"{end - start:.3f}", *encoding.read(candidate.clip)),
                    *encoding.PICTURE,
                    *encoding.SOUND,
                    *encoding.write(path),
                ]
            )
        videos.append(path)
    return Result(videos, "", tuple(failures))


def _spans(work: Work, clip: Clip) -> list[Span]:
    """What could be clips of one source, in its order, not yet bounded in number."""
    seconds = clip.duration_ms / 1000
    if seconds < MIN_SOURCE_SECONDS:
        return []
    changes = find_changes(work, clip, float(work.params["scene_threshold"]))
    found = scenes(changes, seconds, float(work.params["min_scene_seconds"]))
    target = work.params["target_duration"]
    if len(found) == 1 or target is None:
        return found
    return towards(found, float(target))


def find_changes(work: Work, clip: Clip, threshold: float) -> list[float]:
    """The times in seconds at which a new scene begins. Looked for in a small picture: cuts show as well there."""
    text = work.ffmpeg.run(
        [
            *encoding.read(clip),
            *("-map", "0:v:0", "-vf", f"scale=160:-2:flags=fast_bilinear,scdet=t={threshold:g}", "-f", "null", "-"),
        ]
    )
    return [float(match[1]) for match in _SCENE.finditer(text)]


def scenes(changes: Sequence[float], seconds: float, min_seconds: float) -> list[Span]:
    """The stretches between changes; one that is too short goes with the scene before it, the first with the next."""
    edges = [0.0]
    for change in sorted(changes):
        if change - edges[-1] >= min_seconds and change < seconds:
            edges.append(change)
    if len(edges) > 1 and seconds - edges[-1] < min_seconds:
        edges.pop()
    return list(zip(edges, [*edges[1:], seconds], strict=True))


def towards(found: Sequence[Span], target: float) -> list[Span]:
    """Neighbouring scenes joined while that brings a clip nearer to ``target`` seconds; what is longer is cut short.

    A leftover at the end that is less than half the target goes with the clip before it, if that is not yet too long.
    """
    groups: list[Span] = []
    for start, end in found:
        if groups:
            first, last = groups[-1]
            if abs(end - first - target) < abs(last - first - target):
                groups[-1] = (first, end)
                continue
        groups.append((start, end))
    if len(groups) > 1:
        (first, _), (start, end) = groups[-2:]
        if end - start < target / 2 and end - first <= target * TOLERANCE:
            groups[-2:] = [(first, end)]
    return [(start, min(end, start + target) if end - start > target * TOLERANCE else end) for start, end in groups]


def _chosen(candidates: Sequence[_Candidate], number: int, target: float | None) -> list[_Candidate]:
    """The ``number`` candidates nearest to the target, or the longest; in the order of the sources."""

    def miss(candidate: _Candidate) -> float:
        return -candidate.seconds if target is None else abs(candidate.seconds - float(target))

    best = sorted(candidates, key=lambda candidate: (round(miss(candidate), 1), candidate.number, candidate.span))
    return sorted(best[:number], key=lambda candidate: (candidate.number, candidate.span))


CLIPS = NodeType(
    id="bcc5cb04-76b7-48e9-a344-0e8a29c19be0",
    name="Clips",
    slug="clips",
    params=(
        Param(
            "prompt",
            "string",
            "",
            ignored_locally=True,
            help="Which moments to look for. The local engine goes by scenes and does not read it.",
            source=_DOCS,
        ),
        Param(
            "num_clips",
            "integer",
            None,
            minimum=1,
            maximum=20,
            nullable=True,
            help=f"At most so many clips; the local engine makes up to {USUAL_CLIPS} when it is left out.",
            source=_DOCS,
        ),
        Param(
            "target_duration",
            "number",
            None,
            minimum=1,
            maximum=300,
            nullable=True,
            unit="s",
            help="About how long a clip should be. Scenes are joined or shortened towards it.",
            source=_DOCS,
        ),
        Param(
            "scene_threshold",
            "number",
            10,
            minimum=1,
            maximum=100,
            engine_only=True,
            help="How much of the picture must change for a new scene, in percent.",
            source="engine",
        ),
        Param(
            "min_scene_seconds",
            "number",
            1,
            minimum=0.1,
            maximum=60,
            unit="s",
            engine_only=True,
            help="Scenes shorter than this go with their neighbour.",
            source="engine",
        ),
    ),
    cost=10,
    fans_out=True,
    work=work,
)
