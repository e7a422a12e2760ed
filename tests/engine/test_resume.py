"""Resume: what starts over, what is kept, and what never does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runs.engine.models import EngineRun, Render
from tests.engine import play
from tests.engine.test_runtime import SHORTS, begin, size

if TYPE_CHECKING:
    from runs.engine.models import Asset, RuntimeNode
    from tests.engine.conftest import Api

TWO = {"a": ("Video Input", []), "b": ("Video Input", []), "cut": ("Mirror", ["a"]), "mark": ("Watermark", ["b"])}


def begin_two(api: Api, asset: Asset) -> EngineRun:
    agent = play.make_agent(TWO)
    ids = play.node_ids(agent)[:2]
    body = {"video_inputs": [{"agent_node_id": node_id, "video_ids": [str(asset.pk)]} for node_id in ids]}
    return EngineRun.objects.get(pk=api.post(f"/agent/{agent.pk}/run", body)["run_id"])


def resume(api: Api, run: EngineRun) -> tuple[int, int, int]:
    """Considered, requeued, queued at once."""
    answer = api.post(f"/agent_run/{run.pk}/resume")
    return answer["nodes_considered"], answer["requeued_nodes"], answer["nodes_queued"]


def test_finished_renders_are_kept(inside: Api, asset: Asset) -> None:
    run = play.out(begin(inside, asset, SHORTS), play.failing("Clips"))
    before = {(render.pk, render.completed_at) for render in Render.objects.all()}
    assert (run.status, len(before)) == ("failed", 1)
    assert resume(inside, run) == (4, 4, 1)
    run = play.out(run)
    assert run.status == "completed"
    assert before <= {(render.pk, render.completed_at) for render in Render.objects.all()}
    assert run.resumed == 1


def test_a_resumed_fan_out_makes_its_branches_once(inside: Api, asset: Asset) -> None:
    run = begin(inside, asset, SHORTS)
    play.out(run, lambda node: "No." if node.node_type_id in {play.TYPES["Reframe"], play.TYPES["Mirror"]} else 3)
    run.refresh_from_db()
    assert run.status == "failed"
    whole = size(run)
    assert whole[:2] == (11, 10)
    # Three Reframe, three Mirror, and three Watermark that had waited for Reframe.
    assert resume(inside, run) == (9, 9, 6)
    run = play.out(run)
    assert run.status == "completed"
    assert size(run)[:2] == whole[:2]


def test_resume_in_the_middle_of_a_fan_out(inside: Api, asset: Asset) -> None:
    """Cancelled after the clips were made and one of them was worked on."""
    run = begin(inside, asset, SHORTS)
    for _ in range(3):
        play.once(run)
    inside.post(f"/agent_run/{run.pk}/cancel")
    assert resume(inside, run) == (8, 8, 6)
    assert play.out(run).status == "completed"
    assert size(run)[:2] == (11, 10)


def test_failing_again_is_resumable_again(inside: Api, asset: Asset) -> None:
    run = play.out(begin(inside, asset, SHORTS), play.failing("Clips", "First."))
    resume(inside, run)
    play.out(run, play.failing("Clips", "Second."))
    errors = inside.get(f"/agent_run/{run.pk}")["errors"]
    assert [entry["messages"] for entry in errors] == [["Second."]]
    resume(inside, run)
    assert play.out(run).status == "completed"


def test_one_of_two_sources_failed(inside: Api, asset: Asset) -> None:
    run = begin_two(inside, asset)

    def decide(node: RuntimeNode) -> play.Outcome:
        is_first_input = node.node_type_id == play.TYPES["Video Input"] and node.position == 0
        return "Broken link." if is_first_input or node.node_type_id == play.TYPES["Watermark"] else 1

    run = play.out(run, decide)
    assert run.status == "failed"
    # The first input is not resumed, what hangs on it cannot be; the second branch goes on.
    assert resume(inside, run) == (3, 1, 1)
    run = play.out(run)
    assert run.status == "partial_complete"
    assert play.statuses(run)["Mirror"] == ["blocked"]


def test_a_source_cancelled_before_it_began(inside: Api, asset: Asset) -> None:
    run = begin_two(inside, asset)
    play.once(run)
    inside.post(f"/agent_run/{run.pk}/cancel")
    considered, requeued, _ = resume(inside, run)
    assert (considered, requeued) == (3, 1)
    run = play.out(run)
    assert run.status == "partial_complete"
    assert run.status_message == "1 node was not run because a source before it was cancelled."


def test_cancelled_before_anything(inside: Api, asset: Asset) -> None:
    run = begin(inside, asset, SHORTS)
    inside.post(f"/agent_run/{run.pk}/cancel")
    answer = inside.post(f"/agent_run/{run.pk}/resume", status=409)
    assert answer["detail"] == "Only Video Input did not finish, and sources are never resumed. Start a new run."


def test_a_generation_node_is_resumed(inside: Api, db: None) -> None:
    agent = play.make_agent({"make": ("AI Avatar", []), "mirror": ("Mirror", ["make"])})
    run = play.out(inside.post(f"/agent/{agent.pk}/run")["run_id"], play.failing("AI Avatar"))
    assert resume(inside, run) == (2, 2, 1)
    assert play.out(run).status == "completed"


def test_what_had_no_clip_is_left_alone(inside: Api, asset: Asset) -> None:
    steps = {
        "in": ("Video Input", []),
        "clips": ("Clips", ["in"]),
        "mirror": ("Mirror", ["clips"]),
        "frame": ("Reframe", ["in"]),
    }

    def decide(node: RuntimeNode) -> play.Outcome:
        return {play.TYPES["Clips"]: 0, play.TYPES["Reframe"]: "No."}.get(node.node_type_id, 1)  # type: ignore[return-value]

    run = play.out(begin(inside, asset, steps), decide)
    assert run.status == "failed"
    assert resume(inside, run) == (2, 1, 1)
    run = play.out(run)
    assert (run.status, play.statuses(run)["Mirror"]) == ("completed", ["cancelled"])
