"""Silence Removal: what is quiet for long enough is gone, from picture and sound together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runs.engine.nodes.base import NodeError
from runs.engine.nodes.silence_removal import MAX_CUTS, SILENCE_REMOVAL, expressions, shrink
from tests.nodes.measure import frame, mean, probe, run, seconds, silences

if TYPE_CHECKING:
    from pathlib import Path

    from runs.engine.nodes.base import Clip
    from tests.nodes.conftest import Maker


def test_the_silences_are_gone_from_sound_and_picture(spoken: Clip, tmp_path: Path) -> None:
    assert silences(spoken.path) == pytest.approx([1.0, 0.5], abs=0.05)
    (video,) = run(SILENCE_REMOVAL, tmp_path, spoken, min_silence_ms=300, padding_ms=0).videos
    assert silences(video) == []
    assert seconds(video) == pytest.approx(2.5, abs=0.12)
    assert probe(video).duration_ms == pytest.approx(2500, abs=150)
    # The brightness tells the time in the source: what shows now at 1.5 s was at 2.5 s.
    assert mean(frame(video, 1.5).pixels) == pytest.approx(mean(frame(spoken.path, 2.5).pixels), abs=4)


def test_short_silences_stay(spoken: Clip, tmp_path: Path) -> None:
    (video,) = run(SILENCE_REMOVAL, tmp_path, spoken, min_silence_ms=800, padding_ms=0).videos
    assert silences(video) == pytest.approx([0.5], abs=0.05)
    assert seconds(video) == pytest.approx(3.0, abs=0.1)


def test_padding_is_kept_on_both_sides(spoken: Clip, tmp_path: Path) -> None:
    (video,) = run(SILENCE_REMOVAL, tmp_path, spoken, min_silence_ms=800, padding_ms=200).videos
    assert seconds(video) == pytest.approx(3.4, abs=0.1)


def test_the_threshold_says_what_is_silence(make_clip: Maker, tmp_path: Path) -> None:
    murmur = "aevalsrc=if(between(t\\,0.5\\,1.5)\\,0.01\\,0.3)*sin(2*PI*440*t):s=48000:d=2"
    clip = make_clip("murmur.mp4", "testsrc2=s=160x90:r=25:d=2", murmur)
    low = run(SILENCE_REMOVAL, tmp_path / "low", clip, threshold_db=-60)
    high = run(SILENCE_REMOVAL, tmp_path / "high", clip, threshold_db=-30, padding_ms=0)
    assert seconds(low.videos[0]) == pytest.approx(2.0, abs=0.05)
    assert seconds(high.videos[0]) == pytest.approx(1.0, abs=0.1)


def test_a_clip_without_silence_passes_and_says_so(corner: Clip, tmp_path: Path) -> None:
    result = run(SILENCE_REMOVAL, tmp_path, corner)
    assert seconds(result.videos[0]) == pytest.approx(1.0, abs=0.01)
    assert result.message == "No silence was found, so nothing was cut."


def test_a_clip_without_sound_passes_and_says_so(gray: Clip, tmp_path: Path) -> None:
    result = run(SILENCE_REMOVAL, tmp_path, gray)
    assert seconds(result.videos[0]) == pytest.approx(0.4, abs=0.01)
    assert result.message == "The video has no sound, so nothing was cut."


def test_silence_from_start_to_end_is_refused(make_clip: Maker, tmp_path: Path) -> None:
    clip = make_clip("silent.mp4", "testsrc2=s=160x90:r=25:d=1", "anullsrc=r=48000:d=1")
    with pytest.raises(NodeError, match="silent from start to end"):
        run(SILENCE_REMOVAL, tmp_path, clip, min_silence_ms=300)


def test_one_silent_video_does_not_stop_the_others(spoken: Clip, make_clip: Maker, tmp_path: Path) -> None:
    silent = make_clip("silent2.mp4", "testsrc2=s=160x90:r=25:d=1", "anullsrc=r=48000:d=1")
    result = run(SILENCE_REMOVAL, tmp_path, silent, spoken, min_silence_ms=300)
    assert [video.name for video in result.videos] == ["0.mp4"]
    assert result.failures == ("Video 1: The video is silent from start to end, so nothing would remain of it.",)


def test_silence_at_the_ends_is_cut_to_the_very_end() -> None:
    assert shrink([(0.0, 1.0), (2.0, 3.0)], 0.25, 3.0) == [(0.0, 0.75), (2.25, 3.0)]


def test_silences_shorter_than_their_padding_stay() -> None:
    assert shrink([(1.0, 1.3)], 0.2, 3.0) == []


def test_of_very_many_silences_the_longest_are_cut() -> None:
    many = [(float(second), second + 0.2) for second in range(MAX_CUTS)]
    cuts = shrink([*many, (5000.0, 5001.0)], 0.0, 6000.0)
    assert len(cuts) == MAX_CUTS
    assert (5000.0, 5001.0) in cuts


def test_as_many_cuts_as_are_allowed_fit_into_one_argument() -> None:
    cuts = [(10_000 + second, 10_000.1234 + second) for second in range(MAX_CUTS)]
    # Linux takes 128 KiB an argument; the sound's filters name the edges twice.
    assert sum(len(expression) for expression in expressions(cuts)) < 100_000


@pytest.mark.parametrize("begins_with", ["sound", "silence"])
def test_many_cuts_keep_sound_and_picture_together(make_clip: Maker, tmp_path: Path, begins_with: str) -> None:
    tone, quiet = "0.3*sin(2*PI*440*t)", "0"
    first, then = (tone, quiet) if begins_with == "sound" else (quiet, tone)
    pulses = f"aevalsrc=if(lt(mod(t\\,0.4)\\,0.2)\\,{first}\\,{then}):s=8000:d=6"
    clip = make_clip(f"{begins_with}.mp4", "color=black:s=16x16:r=25:d=6", pulses)
    (video,) = run(SILENCE_REMOVAL, tmp_path, clip, min_silence_ms=150, padding_ms=0).videos
    assert seconds(video) == pytest.approx(3, abs=0.25)
    assert probe(video).duration_ms == pytest.approx(seconds(video) * 1000, abs=60)
