"""What the documentation says of node types is what they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runs.engine.nodes import clips, known, silence_removal, video_input
from runs.engine.nodes.catalogue import WORKING
from runs.engine.rendering import ffmpeg, render
from runs.engine.rendering.facts import MAX_DURATION_MS

if TYPE_CHECKING:
    from runs.engine.nodes.base import NodeType

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "engine.md").read_text(encoding="utf-8")


def _rows() -> dict[tuple[str, str], list[str]]:
    """The table of parameters by step and key."""
    table = TEXT.partition("## Parameters")[2].partition("## ")[0]
    found: dict[tuple[str, str], list[str]] = {}
    step = ""
    for line in re.findall(r"^\| (?!Step|-)(.*) \|$", table.replace("\n| | ", "\n|  | "), re.MULTILINE):
        cells = [cell.strip() for cell in line.split("|")]
        step = cells[0] or step
        for key in re.findall(r"`(\w+)`", cells[1]):
            found[step, key] = cells
    return found


@pytest.mark.parametrize("kind", WORKING, ids=lambda kind: kind.slug)
def test_every_parameter_is_documented_as_what_it_is(kind: NodeType) -> None:
    rows = _rows()
    name, params = kind.name, kind.params
    assert {key for step, key in rows if step == name} == {param.key for param in params}
    for param in params:
        _, _, how, values, default, _ = rows[name, param.key]
        assert ("engine only" in how) == param.engine_only == (param.source == "engine")
        assert ("ignored" in how) == param.ignored_locally
        assert param.help.endswith(".")
        if param.minimum is not None and param.maximum is not None:
            numbers = [
                float(number.replace(",", "").replace("−", "-")) for number in re.findall(r"[−\d][\d.,]*", values)
            ]
            assert numbers == [param.minimum, param.maximum]
        if param.default not in {None, ""}:
            assert str(param.default).replace("-", "−" if param.type == "number" else "-") in default


def test_the_limits_are_the_ones_in_force() -> None:
    assert MAX_DURATION_MS == 3 * 3_600_000
    assert (video_input.MAX_SOURCE_BYTES, video_input.FETCH_SECONDS) == (5 * 10**9, 3600)
    assert (ffmpeg.STEP_SECONDS, ffmpeg.MAX_OUTPUT_BYTES, ffmpeg.MAX_THREADS) == (7200, 20 * 10**9, 4)
    assert (silence_removal.MAX_CUTS, clips.MIN_SOURCE_SECONDS, clips.USUAL_CLIPS) == (800, 0.4, 10)
    assert (render.DISK_FLOOR_BYTES, render.MAX_SILENT_DEATHS) == (10**9, 10)


def test_the_steps_known_by_name_are_listed() -> None:
    section = TEXT.partition("## Steps known by name only")[2].partition("## ")[0].replace("\n", " ")
    for kind in known.KNOWN:
        assert kind.name in section or kind.is_generation, kind.name
