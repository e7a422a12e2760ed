"""Reframe changes the shape, and enlarges nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from runs.engine.nodes.reframe import REFRAME
from tests.nodes.measure import Frame, frame, mean, probe, run

if TYPE_CHECKING:
    from pathlib import Path

    from runs.engine.nodes.base import Clip

SHAPES = {"9:16": 9 / 16, "4:5": 4 / 5, "1:1": 1.0, "4:3": 4 / 3, "16:9": 16 / 9}


@pytest.mark.parametrize(
    ("shape", "fill"), [*((shape, "crop") for shape in SHAPES), ("9:16", "blur"), ("4:3", "pad"), ("4:5", "pad")]
)
def test_the_result_has_the_shape_and_is_not_enlarged(corner: Clip, tmp_path: Path, shape: str, fill: str) -> None:
    (video,) = run(REFRAME, tmp_path, corner, aspect_ratio=shape, fill=fill).videos
    after = probe(video)
    # Even lengths of small pictures are a pixel or two off the exact shape.
    assert abs(after.width - after.height * SHAPES[shape]) <= 3
    assert after.width % 2 == after.height % 2 == 0
    assert min(after.width, after.height) <= min(corner.width, corner.height)


def test_a_cut_out_keeps_the_size_of_things(corner: Clip, tmp_path: Path) -> None:
    (video,) = run(REFRAME, tmp_path, corner, aspect_ratio="1:1", focus_x=0).videos
    # The left 90 of 160 columns, pixel by pixel.
    whole = frame(corner.path)
    left = b"".join(whole.row(y)[:90] for y in range(whole.height))
    assert frame(video).difference(Frame(90, 90, left)) < 2


@pytest.mark.parametrize(("focus", "left"), [(0, 0), (50, 35), (100, 70)])
def test_the_focus_moves_a_cut_out_sideways(corner: Clip, tmp_path: Path, focus: int, left: int) -> None:
    (video,) = run(REFRAME, tmp_path, corner, aspect_ratio="1:1", focus_x=focus).videos
    # The white box covers the columns 8 to 64.
    white = max(0, 64 - max(8, left)) / 90
    assert mean(frame(video).region(0, 0.15, 1, 0.35)) == pytest.approx(white * 255 + (1 - white) * 18, abs=14)


def test_the_focus_moves_a_cut_out_up_and_down(corner: Clip, tmp_path: Path) -> None:
    upright = run(REFRAME, tmp_path / "a", corner, aspect_ratio="9:16", focus_x=0).videos[0]
    top = run(REFRAME, tmp_path / "b", probe(upright), aspect_ratio="16:9", focus_y=0).videos[0]
    bottom = run(REFRAME, tmp_path / "c", probe(upright), aspect_ratio="16:9", focus_y=100).videos[0]
    assert mean(frame(top).pixels) > mean(frame(bottom).pixels) + 60


def test_a_plain_bed_has_the_color_and_the_whole_picture(corner: Clip, tmp_path: Path) -> None:
    (video,) = run(REFRAME, tmp_path, corner, aspect_ratio="1:1", fill="pad", pad_color="#FFF").videos
    after = frame(video)
    assert mean(after.region(0, 0, 1, 0.15)) > 245
    assert mean(after.region(0.6, 0.45, 1, 0.6)) < 60
    dark = run(REFRAME, tmp_path, corner, aspect_ratio="1:1", fill="pad").videos[0]
    assert mean(frame(dark).region(0, 0, 1, 0.15)) < 10


def test_a_blurred_bed_is_neither_plain_nor_sharp(corner: Clip, tmp_path: Path) -> None:
    (video,) = run(REFRAME, tmp_path, corner, aspect_ratio="1:1", fill="blur").videos
    line = frame(video).row(6)
    assert max(line) - min(line) > 40
    # The sharp picture jumps by two hundred from one pixel to the next.
    assert max(abs(one - other) for one, other in pairwise(line)) < 40
