"""Start, watch, outputs, resume, cancel: through both doors, with the shapes of Mosaic's endpoint pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from runs.engine.models import EngineAgent, EngineRun
from tests.engine import play

if TYPE_CHECKING:
    from runs.engine.models import Asset
    from tests.engine.conftest import Api

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
SHORTS = {
    "in": ("Video Input", []),
    "clips": ("Clips", ["in"]),
    "upright": ("Reframe", ["clips"]),
    "logo": ("Watermark", ["upright"]),
}


@pytest.fixture
def agent(db: None) -> EngineAgent:
    return play.make_agent(SHORTS)


def start(api: Api, agent: EngineAgent, asset: Asset, **body: Any) -> str:
    answer = api.post(f"/agent/{agent.pk}/run", {"video_ids": [str(asset.pk)], **body})
    assert set(answer) == {"run_id"}
    return str(UUID(answer["run_id"]))


def test_from_start_to_outputs(api: Api, agent: EngineAgent, asset: Asset) -> None:
    run_id = start(api, agent, asset)
    first = api.get(f"/agent_run/{run_id}")
    assert first["status"] == "running"
    assert first["node_status_counts"] == {"completed": 0, "in_progress": 4, "failed": 0}
    assert (first["outputs"], first["errors"], first["needs_credits"]) == ([], [], False)
    assert len(first["inputs"]) == 1

    play.out(run_id)

    whole = api.get(f"/agent_run/{run_id}")
    assert set(whole) == {
        *("agent_id", "started_at", "status", "status_message", "needs_credits", "errors"),
        *("node_status_counts", "inputs", "outputs"),
    }
    assert (whole["status"], whole["status_message"], whole["agent_id"]) == ("completed", None, str(agent.pk))
    assert MOMENT.fullmatch(whole["started_at"])
    assert whole["node_status_counts"] == {"completed": 8, "in_progress": 0, "failed": 0}
    assert set(whole["inputs"][0]) == {"video_url", "thumbnail_url"}
    logo = play.node_ids(agent)[3]
    assert [output["original_node_id"] for output in whole["outputs"]] == [logo] * 3
    for output in whole["outputs"]:
        assert set(output) == {
            *("id", "video_url", "thumbnail_url", "premiere_prproj_url", "completed_at", "original_node_id")
        }
        assert MOMENT.fullmatch(output["completed_at"])
        assert output["premiere_prproj_url"] is None
    again = api.get(f"/agent_run/{run_id}")
    assert [output["id"] for output in again["outputs"]] == [output["id"] for output in whole["outputs"]]
    assert again["outputs"][0]["video_url"] != whole["outputs"][0]["video_url"]


def test_nodes_have_ids_of_their_own(api: Api, agent: EngineAgent, asset: Asset) -> None:
    run_id = start(api, agent, asset)
    play.out(run_id)
    answer = api.get(f"/agent_run/{run_id}/nodes")
    assert answer["run_id"] == run_id
    template = set(play.node_ids(agent))
    for node in answer["nodes"]:
        assert set(node) == {
            *("agent_node_id", "original_node_id", "status", "status_message", "errors", "node_type", "needs_credits")
        }
        assert node["agent_node_id"] not in template
        assert node["original_node_id"] in template
        assert set(node["node_type"]) == {"node_type_id", "node_type_name", "docs_url", "params_docs_url"}


def test_failure_then_resume(api: Api, agent: EngineAgent, asset: Asset) -> None:
    run_id = start(api, agent, asset)
    play.out(run_id, play.failing("Reframe", "The picture is too small."))
    failed = api.get(f"/agent_run/{run_id}")
    reframe = play.node_ids(agent)[2]
    assert failed["status"] == "failed"
    assert failed["status_message"] == "Reframe failed; 1 node after it was not run."
    assert failed["errors"] == [{"original_node_id": reframe, "messages": ["The picture is too small."]}]
    assert failed["node_status_counts"] == {"completed": 2, "in_progress": 0, "failed": 2}

    answer = api.post(f"/agent_run/{run_id}/resume")
    assert answer == {
        "success": True,
        "run_id": run_id,
        "agent_state_id": run_id,
        "nodes_queued": 1,
        "nodes_considered": 2,
        "requeued_nodes": 2,
        "requeued_node_tasks_detached": 0,
        "requeued_node_active_tasks_cancelled": 0,
        "requeued_node_active_tasks_total": 0,
    }
    assert api.get(f"/agent_run/{run_id}")["status"] == "running"
    assert play.out(run_id).status == "completed"
    assert len(api.get(f"/agent_run/{run_id}")["outputs"]) == 1


def test_cancel_and_cancel_again(api: Api, agent: EngineAgent, asset: Asset) -> None:
    run_id = start(api, agent, asset)
    run = EngineRun.objects.get(pk=run_id)
    play.once(run)
    play.lease(run.nodes.get(status="queued"))
    answer = api.post(f"/agent_run/{run_id}/cancel")
    assert answer == {
        "success": True,
        "run_id": run_id,
        "tasks_cancelled": 1,
        "nodes_reset": 3,
        "message": "The run was cancelled.",
    }
    whole = api.get(f"/agent_run/{run_id}")
    assert whole["status"] == "cancelled"
    assert whole["node_status_counts"] == {"completed": 1, "in_progress": 0, "failed": 0}
    refused = api.post(f"/agent_run/{run_id}/cancel", status=409)
    assert refused["error"] == "conflict"
    assert "cancelled already" in refused["detail"]
    assert api.post(f"/agent_run/{run_id}/resume")["requeued_nodes"] == 3
    assert play.out(run_id).status == "completed"


def test_resume_is_refused_for_what_did_not_fail(api: Api, agent: EngineAgent, asset: Asset) -> None:
    run_id = start(api, agent, asset)
    assert "running" in api.post(f"/agent_run/{run_id}/resume", status=409)["detail"]
    play.out(run_id)
    assert "completed" in api.post(f"/agent_run/{run_id}/resume", status=409)["detail"]


def test_resume_is_refused_when_only_the_source_failed(api: Api, agent: EngineAgent, asset: Asset) -> None:
    run_id = start(api, agent, asset)
    run = play.out(run_id, play.failing("Video Input", "The link led nowhere."))
    assert (run.status, run.status_message) == ("failed", "Video Input failed; 3 nodes after it were not run.")
    detail = api.post(f"/agent_run/{run_id}/resume", status=409)["detail"]
    assert detail == "Only Video Input did not finish, and sources are never resumed. Start a new run."


def test_an_output_becomes_an_input(api: Api, agent: EngineAgent, asset: Asset) -> None:
    first = start(api, agent, asset)
    play.out(first)
    render_id = api.get(f"/agent_run/{first}")["outputs"][0]["id"]
    answer = api.post(f"/agent/{agent.pk}/run", {"node_render_ids": [render_id]})
    assert play.out(answer["run_id"]).status == "completed"
