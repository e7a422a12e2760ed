"""One node after the other is leased, rendered, published and recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runs.engine.models import Account, EngineRun, Fault, Render, RuntimeNode
from runs.engine.nodes.base import Result
from runs.engine.rendering import render
from runs.engine.rendering.ffmpeg import Runner
from tests.render.conftest import only_node

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runs.engine.nodes.base import Work

pytestmark = pytest.mark.django_db


def test_a_run_is_worked_through_to_its_end(make_run: Callable[..., EngineRun], engine_dir: Path) -> None:
    run = make_run("Mirror")
    assert render.work_one() is True
    assert render.work_one() is True
    assert render.work_one() is False
    run.refresh_from_db()
    assert run.status == "completed"
    (made,) = Render.objects.filter(node__is_leaf=True)
    clip = Runner(engine_dir).probe(engine_dir / made.video_path)
    assert (made.width, made.height) == (clip.width, clip.height) == (160, 90)
    assert made.duration_ms == clip.duration_ms
    assert made.size_bytes == (engine_dir / made.video_path).stat().st_size
    assert (engine_dir / made.thumbnail_path).read_bytes()[:3] == b"\xff\xd8\xff"
    assert list((engine_dir / "attempts").iterdir()) == []


def test_the_message_and_the_failures_of_a_node_are_kept(
    make_run: Callable[..., EngineRun], stand_in: Callable[[object], None], tiny: Path
) -> None:
    def half(work: Work) -> Result:
        (work.folder / "0.mp4").write_bytes(tiny.read_bytes())
        return Result([work.folder / "0.mp4"], "Half of it.", ["Video 2: It broke."])

    run = make_run()
    stand_in(half)
    render.work_one()
    node = only_node(run)
    assert (node.status, node.status_message, node.errors) == (
        "partial_complete",
        "Half of it.",
        ["Video 2: It broke."],
    )


def test_a_type_known_by_name_fails_with_a_sentence(make_run: Callable[..., EngineRun]) -> None:
    run = make_run("Captions")
    while render.work_one():
        pass
    assert only_node(run, 1).errors == [
        "Captions cannot be done by the local engine. Bypass it, or run the agent with a Mosaic key."
    ]


def test_an_unexpected_error_fails_the_node_and_not_the_worker(
    make_run: Callable[..., EngineRun], stand_in: Callable[[object], None]
) -> None:
    def broken(work: Work) -> Result:
        raise ZeroDivisionError(work.folder)

    run = make_run()
    stand_in(broken)
    assert render.work_one() is True
    assert only_node(run).status == "failed"
    assert "error in the engine" in only_node(run).errors[0]


def test_without_credits_the_node_says_so_and_nothing_is_rendered(
    make_run: Callable[..., EngineRun], stand_in: Callable[[object], None]
) -> None:
    def never(work: Work) -> Result:
        raise AssertionError("rendered without credits")

    run = make_run()
    stand_in(never)
    Account.objects.create(pk=1, balance=0)
    render.work_one()
    node = only_node(run)
    assert (node.status, node.needs_credits) == ("failed", True)
    assert node.errors == ["The credits do not cover this node: Video Input costs 1."]


def test_a_fault_fails_the_render(make_run: Callable[..., EngineRun]) -> None:
    run = make_run()
    Fault.objects.create(kind="fail_render", path="*", options={"message": "Broken on purpose."})
    render.work_one()
    assert only_node(run).errors == ["Broken on purpose."]


def test_a_vanished_file_of_an_earlier_step_is_named(make_run: Callable[..., EngineRun], engine_dir: Path) -> None:
    run = make_run("Mirror")
    render.work_one()
    (engine_dir / Render.objects.get().video_path).unlink()
    render.work_one()
    assert "no longer on the disk" in only_node(run, 1).errors[0]


def test_below_the_disk_floor_renders_wait_and_say_so(
    make_run: Callable[..., EngineRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    with monkeypatch.context() as full:
        full.setattr(render, "DISK_FLOOR_BYTES", 1 << 62)
        assert render.work_one() is False
    node = only_node(run)
    assert (node.status, node.status_message) == ("queued", render.WAITING_FOR_SPACE)
    assert render.work_one() is True
    node.refresh_from_db()
    assert (node.status, node.status_message) == ("completed", "")


def test_what_is_published_explains_itself(make_run: Callable[..., EngineRun], engine_dir: Path) -> None:
    make_run()
    render.work_one()
    folder = (engine_dir / Render.objects.get().video_path).parent
    assert sorted(path.name for path in folder.iterdir()) == ["0.jpg", "0.mp4", "result.json"]
    assert json.loads((folder / "result.json").read_text())["videos"][0]["width"] == 160


def test_the_node_that_was_ready_first_is_done_first(make_run: Callable[..., EngineRun]) -> None:
    first, second = make_run(), make_run()
    render.work_one()
    assert [only_node(run).status for run in (first, second)] == ["completed", "queued"]


def test_nodes_of_a_run_that_has_ended_are_left_alone(make_run: Callable[..., EngineRun]) -> None:
    run = make_run()
    EngineRun.objects.filter(pk=run.pk).update(status="cancelled")
    assert render.work_one() is False
    assert RuntimeNode.objects.get().attempts == 0
