"""Clips cuts where the picture changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runs.engine.nodes.clips import CLIPS, towards
from runs.engine.nodes.clips import scenes as spans_of
from tests.nodes.measure import frame, loudness, mean, run, seconds

if TYPE_CHECKING:
    from pathlib import Path

    from runs.engine.nodes.base import Clip, Result
    from tests.nodes.conftest import Maker


def _seconds(result: Result) -> list[float]:
    return [seconds(video) for video in result.videos]


def test_each_scene_becomes_a_clip(scenes: Clip, tmp_path: Path) -> None:
    result = run(CLIPS, tmp_path, scenes, num_clips=20)
    assert _seconds(result) == pytest.approx([1.2, 2.0, 1.6], abs=0.05)
    dark, _, bright = result.videos
    # From the first frame to the last, a clip shows its own scene and nothing of its neighbours.
    assert mean(frame(dark, 0.0).pixels) < 40 > mean(frame(dark, 1.12).pixels)
    assert mean(frame(bright, 0.0).pixels) > 200 < mean(frame(bright, 1.5).pixels)
    assert loudness(dark) == pytest.approx(loudness(scenes.path), abs=1.5)


def test_the_number_of_clips_is_an_upper_bound(scenes: Clip, tmp_path: Path) -> None:
    result = run(CLIPS, tmp_path, scenes, num_clips=2)
    # The longest ones, in the order of the source.
    assert _seconds(result) == pytest.approx([2.0, 1.6], abs=0.05)


def test_scenes_are_joined_towards_the_target(scenes: Clip, tmp_path: Path) -> None:
    result = run(CLIPS, tmp_path, scenes, target_duration=3)
    assert _seconds(result) == pytest.approx([3.2, 1.6], abs=0.05)


def test_long_scenes_are_shortened_towards_the_target(scenes: Clip, tmp_path: Path) -> None:
    result = run(CLIPS, tmp_path, scenes, target_duration=1)
    assert _seconds(result) == pytest.approx([1.2, 1.0, 1.0], abs=0.05)


def test_without_a_change_the_whole_source_is_one_clip(spoken: Clip, tmp_path: Path) -> None:
    result = run(CLIPS, tmp_path, spoken, num_clips=5, target_duration=1)
    assert _seconds(result) == pytest.approx([4.0], abs=0.01)


def test_the_threshold_says_what_is_a_change(scenes: Clip, make_clip: Maker, tmp_path: Path) -> None:
    video = "color=0x404040:s=160x90:r=25:d=1.2[a];color=0x505050:s=160x90:r=25:d=1.2[b];[a][b]concat=n=2:v=1:a=0"
    clip = make_clip("faint.mp4", video)
    assert len(run(CLIPS, tmp_path / "usual", clip).videos) == 1
    assert len(run(CLIPS, tmp_path / "fine", clip, scene_threshold=2).videos) == 2


def test_short_scenes_go_with_their_neighbour(scenes: Clip, tmp_path: Path) -> None:
    result = run(CLIPS, tmp_path, scenes, min_scene_seconds=1.8)
    # 1.2 s are too short at the start, 1.6 s at the end.
    assert _seconds(result) == pytest.approx([4.8], abs=0.05)


def test_the_prompt_changes_nothing_here(scenes: Clip, tmp_path: Path) -> None:
    (prompt,) = (param for param in CLIPS.params if param.key == "prompt")
    assert prompt.ignored_locally
    plain = run(CLIPS, tmp_path / "plain", scenes, num_clips=1)
    asked = run(CLIPS, tmp_path / "asked", scenes, num_clips=1, prompt="only the dark part")
    assert _seconds(plain) == _seconds(asked)


def test_nothing_usable_makes_no_clip_and_says_why(make_clip: Maker, tmp_path: Path) -> None:
    clip = make_clip("blink.mp4", "color=red:s=160x90:r=25:d=0.12")
    result = run(CLIPS, tmp_path, clip)
    assert list(result.videos) == []
    assert result.message == "No clip was made: the video is shorter than 0.4 seconds."


def test_several_sources_share_the_number(scenes: Clip, spoken: Clip, tmp_path: Path) -> None:
    result = run(CLIPS, tmp_path, scenes, spoken, num_clips=2)
    assert _seconds(result) == pytest.approx([2.0, 4.0], abs=0.05)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], [(0, 10)]),
        ([4], [(0, 4), (4, 10)]),
        ([0.2, 4], [(0, 4), (4, 10)]),
        ([4, 4.5], [(0, 4), (4, 10)]),
        ([4, 9.8], [(0, 4), (4, 10)]),
        ([9.8], [(0, 10)]),
    ],
)
def test_spans(changes: list[float], expected: list[tuple[float, float]]) -> None:
    assert spans_of(changes, 10, 1) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (7, [(0, 7), (7, 14), (16, 24), (24, 31), (33, 40)]),
        (16, [(0, 16), (16, 33), (33, 40)]),
        (40, [(0, 40)]),
        (300, [(0, 40)]),
        (5, [(0, 5), (7, 12), (16, 21), (24, 29), (33, 38)]),
    ],
)
def test_joining_and_shortening(target: float, expected: list[tuple[float, float]]) -> None:
    found = [(0.0, 7.0), (7.0, 16.0), (16.0, 24.0), (24.0, 33.0), (33.0, 40.0)]
    assert towards(found, target) == expected
