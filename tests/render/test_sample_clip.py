"""The sample clip has what the sample agents need, and is the same every time. Measured on a five-second edition."""

from __future__ import annotations

import dataclasses
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from runs.engine.demo import sample_clip, scenery
from runs.engine.rendering.ffmpeg import Runner
from tests.nodes.measure import Frame, difference, frame, moov_before_mdat, probe, silences

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every scene for one second, a word in most of them."""
    path = tmp_path_factory.mktemp("sample") / "short.mp4"
    with pytest.MonkeyPatch.context() as edition:
        scenes = tuple(dataclasses.replace(scene, seconds=1) for scene in sample_clip.SCENES)
        edition.setattr(sample_clip, "SCENES", scenes)
        edition.setattr(sample_clip, "SECONDS", len(scenes))
        edition.setattr(sample_clip, "PHRASES", ((0.1, 0.9), (1.5, 2.2), (2.8, 3.5), (4.2, 4.9)))
        sample_clip.make(Runner(path.parent), path)
    return path


def test_the_real_one_is_long_enough_and_has_enough_in_it() -> None:
    assert 30 <= sample_clip.SECONDS <= 60
    assert len(sample_clip.SCENES) >= 4
    pauses = [start - end for (_, end), (start, _) in pairwise(sample_clip.PHRASES)]
    assert len([pause for pause in pauses if pause > 1]) >= 4


def test_its_form(short: Path) -> None:
    clip = probe(short)
    assert (clip.width, clip.height, clip.has_audio) == (640, 360, True)
    assert clip.duration_ms == pytest.approx(5000, abs=50)
    assert Runner(short.parent).facts(short).is_plain
    assert moov_before_mdat(short)
    assert not (short.parent / "short.mp4.parts").exists()


def test_it_carries_no_trace_of_when_and_where_it_was_made(short: Path) -> None:
    """Drawn the same every time, seeds fixed, and nothing written beside it: the same bytes on the same FFmpeg."""
    assert b"Lavf" not in short.read_bytes()
    scene = sample_clip.SCENES[0]
    assert scenery.disc(scene.disc[0]) == scenery.disc(scene.disc[0])
    assert scenery.ridge(scene.ridges[0]) == scenery.ridge(scene.ridges[0])


def test_the_cuts_are_where_the_scenes_change_and_nowhere_else(short: Path) -> None:
    text = Runner(short.parent).run(["-i", f"file:{short}", "-vf", "scale=160:-2,scdet=t=10", "-f", "null", "-"])
    assert [float(time) for time in re.findall(r"scd\.time: ([\d.]+)", text)] == [1, 2, 3, 4]


def test_there_are_silences_and_a_voice_between_them(short: Path) -> None:
    assert silences(short) == pytest.approx([0.6, 0.6, 0.7], abs=0.25)


@pytest.mark.parametrize("number", [0, 37, 124])
def test_the_time_code_can_be_read_off_every_frame(short: Path, number: int) -> None:
    shown = frame(short, number / 25)
    left, top = (640 - scenery.COUNTER_WIDTH) // 2, 22
    seen = b"".join(shown.row(y)[left : left + scenery.COUNTER_WIDTH] for y in range(top, top + scenery.COUNTER_HEIGHT))
    size = scenery.COUNTER_WIDTH * scenery.COUNTER_HEIGHT
    frames = scenery.counter(5, 25)
    misses = [difference(seen, frames[start : start + size]) for start in range(0, len(frames), size)]
    assert misses.index(min(misses)) == number


def test_something_moves_sideways(short: Path) -> None:
    def bottom(picture: Frame) -> Frame:
        return Frame(640, 60, picture.region(0, 1 - 60 / 360, 1, 1))

    before, after = bottom(frame(short, 1.1)), bottom(frame(short, 1.9))
    assert before.difference(after) > 3
    # The front ridge of the sea goes 104 pixels a second.
    moved = [difference(before.row(y)[83:], after.row(y)[:-83]) for y in range(0, 60, 10)]
    assert sum(moved) / len(moved) < before.difference(after)
