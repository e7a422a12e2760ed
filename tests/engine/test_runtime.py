"""Statuses and their causes, fan-out while running, and what asking twice does: nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from runs.engine.execution import runtime
from runs.engine.models import EngineAgent, EngineRun, Render, RuntimeEdge, RuntimeNode
from tests.engine import play

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runs.engine.models import Asset
    from tests.engine.conftest import Api

    Steps = Mapping[str, tuple[str, Sequence[str]]]

SHORTS = {
    "in": ("Video Input", []),
    "clips": ("Clips", ["in"]),
    "upright": ("Reframe", ["clips"]),
    "logo": ("Watermark", ["upright"]),
    "mirror": ("Mirror", ["clips"]),
}


@pytest.fixture
def started(inside: Api, asset: Asset) -> EngineRun:
    return begin(inside, asset, SHORTS)


def begin(api: Api, asset: Asset, steps: Steps, sources: int = 1) -> EngineRun:
    agent = play.make_agent(steps)
    answer = api.post(f"/agent/{agent.pk}/run", {"video_ids": [str(asset.pk)] * sources})
    return EngineRun.objects.get(pk=answer["run_id"])


def size(run: EngineRun) -> tuple[int, int, int]:
    """Clones, edges, renders."""
    renders = Render.objects.filter(node__run=run)
    return run.nodes.count(), run.edges.count(), renders.count()


def test_at_the_start_one_clip_stands_for_those_to_come(started: EngineRun) -> None:
    assert play.statuses(started) == {
        "Video Input": ["queued"],
        "Clips": ["not_started"],
        "Reframe": ["not_started"],
        "Watermark": ["not_started"],
        "Mirror": ["not_started"],
    }


def test_fan_out_while_running(started: EngineRun) -> None:
    play.once(started)
    assert size(started) == (5, 4, 1)
    play.once(started)
    assert size(started) == (2 + 3 * 3, 1 + 3 * 3, 4)
    assert play.statuses(started)["Reframe"] == ["queued"] * 3
    indices = RuntimeEdge.objects.filter(run=started, render_index__isnull=False).order_by("render_index")
    assert list(indices.values_list("render_index", flat=True)) == [0, 0, 1, 1, 2, 2]
    assert play.out(started).status == "completed"


def test_clones_for_each_source(inside: Api, asset: Asset) -> None:
    run = begin(inside, asset, SHORTS, sources=2)
    assert size(run)[0] == 10
    play.out(run)
    assert size(run)[0] == 2 * (2 + 9)
    assert run.nodes.filter(is_leaf=True).count() == 12


def test_clips_of_clips(inside: Api, asset: Asset) -> None:
    steps = {"in": ("Video Input", []), "a": ("Clips", ["in"]), "b": ("Clips", ["a"]), "mirror": ("Mirror", ["b"])}
    run = play.out(begin(inside, asset, steps))
    assert {name: len(found) for name, found in play.statuses(run).items()} == {
        "Video Input": 1,
        "Clips": 4,
        "Mirror": 9,
    }
    assert run.status == "completed"


def test_fan_in_takes_every_render(inside: Api, asset: Asset) -> None:
    steps = {
        "in": ("Video Input", []),
        "a": ("Mirror", ["in"]),
        "b": ("Reframe", ["in"]),
        "both": ("Watermark", ["a", "b"]),
    }
    run = begin(inside, asset, steps)
    both = run.nodes.get(node_type_id=play.TYPES["Watermark"])
    assert both.in_edges.count() == 2
    play.once(run)
    play.once(run)
    both.refresh_from_db()
    assert both.status == "not_started"
    play.once(run)
    both.refresh_from_db()
    assert both.status == "queued"


def test_part_of_a_fan_in_fails(inside: Api, asset: Asset) -> None:
    run = begin(inside, asset, {"in": ("Video Input", []), "mirror": ("Mirror", ["in"])})
    play.once(run)
    node = run.nodes.get(status="queued")
    runtime.complete(node, play.lease(node), play.renders(1), failures=["Video 2: it is broken."])
    run.refresh_from_db()
    node.refresh_from_db()
    assert (node.status, node.errors) == ("partial_complete", ["Video 2: it is broken."])
    assert (run.status, run.status_message) == ("partial_complete", "Mirror could not work on everything that came in.")


def test_one_clip_is_all_right(started: EngineRun) -> None:
    run = play.out(started, lambda node: 1)
    assert size(run) == (5, 4, 5)
    assert run.status == "completed"


def test_no_clip_is_said(started: EngineRun, inside: Api) -> None:
    play.once(started)
    node = started.nodes.get(status="queued")
    runtime.complete(node, play.lease(node), [], "No clip was made: the video is too short.")
    whole = inside.get(f"/agent_run/{started.pk}")
    assert (whole["status"], whole["outputs"]) == ("completed", [])
    assert whole["status_message"] == "No clip was made: the video is too short."
    assert whole["node_status_counts"] == {"completed": 2, "in_progress": 0, "failed": 0}
    waiting = started.nodes.filter(status="cancelled")
    assert set(waiting.values_list("status_message", flat=True)) == {"Not run: Clips before it made no video."}
    assert waiting.count() == 3


def test_some_leaves_fail(started: EngineRun, inside: Api) -> None:
    run = play.out(started, lambda node: "It broke." if node.node_type_id == play.TYPES["Reframe"] else 3)
    assert run.status == "partial_complete"
    assert run.status_message == "Reframe (3 times) failed; 3 nodes after them were not run."
    whole = inside.get(f"/agent_run/{run.pk}")
    assert len(whole["outputs"]) == 3 * 3
    assert [entry["messages"] for entry in whole["errors"]] == [["It broke."]]
    blocked = run.nodes.filter(status="blocked").values_list("status_message", flat=True)
    assert set(blocked) == {"Not run: Reframe before it failed."}
    assert inside.post(f"/agent_run/{run.pk}/resume", status=409)["error"] == "conflict"


def test_what_nothing_is_connected_to(inside: Api, asset: Asset) -> None:
    steps = {**SHORTS, "stray": ("Mirror", []), "after": ("Watermark", ["stray"])}
    run = play.out(begin(inside, asset, steps))
    assert run.status == "partial_complete"
    assert run.status_message == "2 nodes were not run because nothing is connected to them."


def test_only_the_lease_counts(started: EngineRun) -> None:
    node = started.nodes.get(status="queued")
    token = play.lease(node)
    before = size(started)
    assert not runtime.complete(node, uuid4(), play.renders(1))
    assert not runtime.fail(node, uuid4(), ["No."])
    assert size(started) == before
    assert runtime.complete(node, token, play.renders(1))
    after = size(started)
    assert not runtime.complete(node, token, play.renders(1))
    assert not runtime.fail(node, token, ["No."])
    assert size(started) == after
    assert play.statuses(started)["Video Input"] == ["completed"]


def test_a_fan_out_that_is_done_again_adds_nothing(started: EngineRun) -> None:
    play.once(started)
    play.once(started)
    before = size(started)
    runtime._fan_out(started)
    assert size(started) == before


def test_dying_inside_completing_leaves_nothing_behind(started: EngineRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if killed between any two writes: the whole of it is undone, and done whole by the next attempt."""
    play.once(started)
    node = started.nodes.get(status="queued")
    token = play.lease(node)
    for step in ("_fan_out", "queue_ready", "finish_if_done"):
        with monkeypatch.context() as patch:
            patch.setattr(runtime, step, _die)
            with pytest.raises(KeyboardInterrupt):
                runtime.complete(node, token, play.renders(3))
        assert size(started) == (5, 4, 1)
        assert play.statuses(started)["Clips"] == ["running"]
    assert runtime.complete(node, token, play.renders(3))
    assert play.out(started).status == "completed"


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_too_many_clips(inside: Api, asset: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "MAX_NODES", 12)
    steps = {"in": ("Video Input", []), "a": ("Clips", ["in"]), "mirror": ("Mirror", ["a"])}
    run = begin(inside, asset, steps)
    run = play.out(run, lambda node: 11 if node.node_type_id == play.TYPES["Clips"] else 1)
    assert run.status == "failed"
    assert run.nodes.count() == 3
    assert "more than 12 nodes" in run.nodes.get(status="failed").errors[0]
    assert not Render.objects.filter(node__run=run, node__node_type_id=play.TYPES["Clips"]).exists()


def test_the_template_may_change_during_a_run(started: EngineRun) -> None:
    EngineAgent.objects.get(pk=started.agent_id).nodes.all().delete()
    assert play.out(started).status == "completed"
    assert started.nodes.count() == 11


def test_a_worker_of_a_cancelled_run_is_not_heard(started: EngineRun, inside: Api) -> None:
    node = started.nodes.get(status="queued")
    token = play.lease(node)
    inside.post(f"/agent_run/{started.pk}/cancel")
    assert not runtime.complete(node, token, play.renders(1))
    node.refresh_from_db()
    assert (node.status, node.lease_token) == ("cancelled", None)
    started.refresh_from_db()
    assert started.status_message == "Cancelled: 1 node stopped while running, 4 nodes had not started."


def test_every_status_of_the_contract_is_folded_as_documented(started: EngineRun, inside: Api) -> None:
    folds = {
        "completed": ("completed", "partial_complete"),
        "in_progress": ("running", "queued", "not_started"),
        "failed": ("failed", "blocked"),
        "": ("cancelled",),
    }
    node = started.nodes.first()
    assert node is not None
    for bucket, group in folds.items():
        for status in group:
            RuntimeNode.objects.filter(run=started).update(status=status)
            counts = inside.get(f"/agent_run/{started.pk}")["node_status_counts"]
            assert counts == {name: 5 if name == bucket else 0 for name in ("completed", "in_progress", "failed")}
