"""Watermark: every documented parameter changes the pixels that it should, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runs.engine.nodes.base import NodeError
from runs.engine.nodes.watermark import WATERMARK, logo
from tests.nodes.measure import Frame, frame, run

if TYPE_CHECKING:
    from pathlib import Path

    from runs.engine.nodes.base import Clip


def _marked(clip: Clip, folder: Path, **params: Any) -> tuple[int, int, int, int, float]:
    """Where the logo is (left, top, right, bottom in pixels) and how strongly it shows."""
    (video,) = run(WATERMARK, folder, clip, **params).videos
    before, after = frame(clip.path, 0.1), frame(video, 0.1)
    changed = [
        (x, y, abs(one - other))
        for y in range(after.height)
        for x, (one, other) in enumerate(zip(before.row(y), after.row(y), strict=True))
        if abs(one - other) > 8
    ]
    assert changed, "the logo is nowhere to be seen"
    columns, rows = [x for x, _, _ in changed], [y for _, y, _ in changed]
    strongest = sorted(size for _, _, size in changed)[-len(changed) // 10 :]
    return min(columns), min(rows), max(columns), max(rows), sum(strongest) / len(strongest)


def test_the_defaults_are_the_documented_ones(gray: Clip, tmp_path: Path) -> None:
    left, top, right, bottom, _ = _marked(gray, tmp_path)
    # 30 % of 320 pixels, in the lower right corner, 20 pixels away from both edges.
    assert right - left == pytest.approx(96, abs=4)
    assert (right, bottom) == pytest.approx((299, 159), abs=3)
    assert top > 120


@pytest.mark.parametrize("position", ["top-left", "top-right", "bottom-left", "bottom-right"])
def test_each_corner(gray: Clip, tmp_path: Path, position: str) -> None:
    left, top, right, bottom, _ = _marked(gray, tmp_path, logo_position=position)
    assert (top < 30) == position.startswith("top")
    assert (bottom > 150) == position.startswith("bottom")
    assert (left < 30) == position.endswith("left")
    assert (right > 290) == position.endswith("right")


def test_nothing_else_changes(gray: Clip, tmp_path: Path) -> None:
    (video,) = run(WATERMARK, tmp_path, gray).videos
    before, after = frame(gray.path, 0.1), frame(video, 0.1)

    def rest(picture: Frame) -> Frame:
        return Frame(picture.width, 100, picture.pixels[: picture.width * 100])

    assert rest(after).difference(rest(before)) < 1


def test_the_size_is_in_percent_of_the_width(gray: Clip, tmp_path: Path) -> None:
    left, _, right, _, _ = _marked(gray, tmp_path, logo_size=60)
    assert right - left == pytest.approx(192, abs=4)


def test_the_opacity_scales_what_is_seen(gray: Clip, tmp_path: Path) -> None:
    full = _marked(gray, tmp_path, logo_opacity=100)[4]
    half = _marked(gray, tmp_path, logo_opacity=50)[4]
    assert half == pytest.approx(full / 2, rel=0.15)


def test_the_margins_are_pixels_from_the_edges(gray: Clip, tmp_path: Path) -> None:
    left, top, _, _, _ = _marked(gray, tmp_path, logo_position="top-left", logo_margin_x=60, logo_margin_y=5)
    assert (left, top) == pytest.approx((60, 5), abs=3)


def test_a_custom_logo_without_an_image_is_refused(gray: Clip, tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="no image was chosen"):
        run(WATERMARK, tmp_path, gray, use_custom_logo="custom")


def test_an_image_that_is_not_here_is_named(gray: Clip, tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=r"There is no image 0b6c0f0e-.* cannot be uploaded to it yet"):
        run(WATERMARK, tmp_path, gray, use_custom_logo="custom", image_id="0b6c0f0e-6f5e-4a63-9a0e-0d2a4b6f7c11")


def test_the_logo_is_always_the_same_and_leaves_nothing_behind(gray: Clip, tmp_path: Path) -> None:
    assert logo() == logo()
    run(WATERMARK, tmp_path, gray)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.mp4"]
