"""Mirror turns the picture over and leaves the sound alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runs.engine.nodes.mirror import MIRROR
from tests.nodes.measure import frame, loudness, moov_before_mdat, run

if TYPE_CHECKING:
    from pathlib import Path

    from runs.engine.nodes.base import Clip


@pytest.mark.parametrize("direction", ["horizontal", "vertical", "both"])
def test_every_pixel_stands_on_the_other_side(corner: Clip, tmp_path: Path, direction: str) -> None:
    before = frame(corner.path)
    expected = {
        "horizontal": before.flipped(),
        "vertical": before.upside_down(),
        "both": before.flipped().upside_down(),
    }
    (video,) = run(MIRROR, tmp_path, corner, direction=direction).videos
    after = frame(video)
    assert after.difference(expected[direction]) < 2
    others = [picture for name, picture in expected.items() if name != direction]
    assert min(after.difference(picture) for picture in (*others, before)) > 20


def test_left_to_right_is_the_default(corner: Clip, tmp_path: Path) -> None:
    (video,) = run(MIRROR, tmp_path, corner).videos
    assert frame(video).difference(frame(corner.path).flipped()) < 2


def test_the_sound_stays_and_playing_can_start_at_once(corner: Clip, tmp_path: Path) -> None:
    (video,) = run(MIRROR, tmp_path, corner).videos
    assert loudness(video) == pytest.approx(loudness(corner.path), abs=0.1)
    assert moov_before_mdat(video)


def test_each_incoming_render_makes_one(corner: Clip, gray: Clip, tmp_path: Path) -> None:
    result = run(MIRROR, tmp_path, corner, gray)
    assert [video.name for video in result.videos] == ["0.mp4", "1.mp4"]
    assert frame(result.videos[1], 0.1).width == gray.width
