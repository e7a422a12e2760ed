"""Every answer key by key against the tables of Mosaic's endpoint pages: nothing missing, nothing more, right types."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from runs.engine.models import EngineAgent, EngineRun
from tests.engine import play
from tests.engine.conftest import ASSET_ID

if TYPE_CHECKING:
    from runs.engine.models import Asset
    from tests.engine.conftest import Api

STEPS = {"in": ("Video Input", ()), "mirror": ("Mirror", ("in",)), "mark": ("Watermark", ("in",))}

# Kinds that end in "?" may be null, as the pages say.
NODE_TYPE = {"node_type_id": "id", "node_type_name": "text?", "docs_url": "url?", "params_docs_url": "url?"}
AGENT = {"id": "id", "name": "text", "description": "text", "created_at": "time", "updated_at": "time"}
AGENT_NODE = {"agent_node_id": "id", "node_type": NODE_TYPE, "params_used": "object"}
AGENT_WHOLE = {
    "agent": {**AGENT, "visibility": "visibility?"},
    "agent_nodes": [AGENT_NODE],
    "connections": [{"source_agent_node_id": "id", "target_agent_node_id": "id"}],
}
OUTPUT = {
    "id": "id",
    "video_url": "url",
    "thumbnail_url": "url?",
    "premiere_prproj_url": "url?",
    "completed_at": "time",
    "original_node_id": "id?",
}
RESULTS = {
    "node_status_counts": {"completed": "count", "in_progress": "count", "failed": "count"},
    "inputs": [{"video_url": "url", "thumbnail_url": "url?"}],
    "outputs": [OUTPUT],
}
RUN = {
    "agent_id": "id",
    "started_at": "time",
    "status": "run status",
    "status_message": "text?",
    "needs_credits": "flag",
    "errors": [{"original_node_id": "id?", "messages": ["text"]}],
    **RESULTS,
}
SUMMARY = {
    "run_id": "id",
    "agent_id": "id",
    "status": "run status",
    "status_message": "text?",
    "started_at": "time",
    "updated_at": "time",
    "triggered_by": "object?",
    **RESULTS,
}
RUN_NODES = {
    "run_id": "id",
    "nodes": [
        {
            "agent_node_id": "id",
            "original_node_id": "id?",
            "status": "node status",
            "status_message": "text?",
            "errors": ["text"],
            "node_type": NODE_TYPE,
            "needs_credits": "flag",
        }
    ],
}
RESUMED = {"success": "flag", "run_id": "id", "agent_state_id": "id"} | dict.fromkeys(
    (
        "nodes_queued",
        "nodes_considered",
        "requeued_nodes",
        "requeued_node_tasks_detached",
        "requeued_node_active_tasks_cancelled",
        "requeued_node_active_tasks_total",
    ),
    "count",
)
CANCELLED = {"success": "flag", "run_id": "id", "tasks_cancelled": "count", "nodes_reset": "count", "message": "text"}
WHOAMI = {
    "organization_id": "id",
    "organization_name": "text",
    "organization_slug": "text",
    "created_at": "time",
    "last_used_at": "time?",
}
CREDITS = {
    "organization_id": "id",
    "balance": "number",
    "plan": "family?",
    "plan_id": "text?",
    "billing_cycle": {"current_period_start": "time?", "current_period_end": "time?"},
    "auto_topup": {"eligible": "flag", "enabled": "flag", "threshold": "number", "quantity": "number"},
}
ONE_PLAN = {
    "id": "text",
    "family": "family",
    "status": "text",
    "started_at": "time",
    "current_period_start": "time",
    "current_period_end": "time",
    "canceled_at": "time?",
}
PLAN_CREDITS = {"balance": "number", "usage": "number", "included_usage": "number", "unlimited": "flag"}
PLAN = {"organization_id": "id", "plan": ONE_PLAN, "scheduled_plan": "object?", "credits": PLAN_CREDITS}
PLANS = {
    "plans": [
        {
            "id": "text",
            "billing": "billing",
            "price_usd": "number",
            "credits_per_month": "number",
            "top_up_rate_per_100_credits_usd": "number",
            "notes": "text?",
        }
    ]
}
UPGRADED = {"success": "flag", "requires_checkout": "flag", "plan_id": "text", "plan_family": "family"}

WORDS = {
    "visibility": {"public", "private"},
    "run status": {"running", "completed", "partial_complete", "failed", "cancelled"},
    "node status": {
        "not_started", "queued", "running", "completed", "partial_complete", "failed", "blocked", "cancelled",
    },
    "family": {"creator", "professional"},
    "billing": {"monthly", "annual"},
}  # fmt: skip


def check(value: Any, table: Any, where: str = "answer") -> None:
    """Fail, naming the place, unless the value is as the table says."""
    if isinstance(table, dict):
        assert isinstance(value, dict), where
        assert set(value) == set(table), where
        for key, inner in table.items():
            check(value[key], inner, f"{where}.{key}")
    elif isinstance(table, list):
        assert isinstance(value, list), where
        for number, item in enumerate(value):
            check(item, table[0], f"{where}[{number}]")
    elif value is None:
        assert table.endswith("?"), where
    else:
        assert _is(value, table.rstrip("?")), f"{where} is no {table}: {value!r}"


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "id":
            return bool(str(UUID(value)) == value)
        case "time":
            return bool(value.endswith("Z")) and datetime.fromisoformat(value).tzinfo is not None
        case "url":
            return re.match(r"https?://[^/]+/", value) is not None
        case "flag":
            return isinstance(value, bool)
        case "count":
            return type(value) is int and value >= 0
        case "number":
            return type(value) in {int, float}
        case "object":
            return isinstance(value, dict)
        case "text":
            return isinstance(value, str)
    return value in WORDS[kind]


def test_agents_and_node_types(api: Api) -> None:
    agent = play.make_agent(STEPS)
    check(api.get("/whoami"), WHOAMI)
    check(api.get("/agents"), {"agents": [AGENT], "next_cursor": "text?"})
    check(api.get("/agents", {"limit": 1}), {"agents": [AGENT], "next_cursor": "text?"})
    whole = api.get(f"/agent/{agent.pk}")
    check(whole, AGENT_WHOLE)
    assert (len(whole["agent_nodes"]), len(whole["connections"])) == (3, 2)
    types = api.get("/node_types")
    check(types, {"node_types": [NODE_TYPE]})
    assert len(types["node_types"]) > 10
    check(api.get(f"/node_type/{play.TYPES['Clips']}"), {"node_type": NODE_TYPE})
    check(api.get(f"/agent_nodes/{play.node_ids(agent)[0]}"), {"agent_node": AGENT_NODE})


def test_a_run_in_all_its_answers(api: Api, asset: Asset) -> None:
    agent = play.make_agent(STEPS)
    started = api.post(f"/agent/{agent.pk}/run", {"video_ids": [str(ASSET_ID)]})
    check(started, {"run_id": "id"})
    run_id = started["run_id"]
    _check_run(api, agent, run_id)
    play.once(EngineRun.objects.get(pk=run_id))
    _check_run(api, agent, run_id)
    play.out(run_id, play.failing("Watermark"))
    told = _check_run(api, agent, run_id)
    assert (told["status"], len(told["outputs"]), len(told["errors"])) == ("partial_complete", 1, 1)
    assert len(told["inputs"]) == 1


def test_cancel_and_resume(api: Api, asset: Asset) -> None:
    agent = play.make_agent(STEPS)
    run_id = api.post(f"/agent/{agent.pk}/run", {"video_ids": [str(ASSET_ID)]})["run_id"]
    play.once(EngineRun.objects.get(pk=run_id))
    cancelled = api.post(f"/agent_run/{run_id}/cancel")
    check(cancelled, CANCELLED)
    assert (cancelled["run_id"], cancelled["nodes_reset"]) == (run_id, 2)
    _check_run(api, agent, run_id)
    resumed = api.post(f"/agent_run/{run_id}/resume")
    check(resumed, RESUMED)
    assert (resumed["run_id"], resumed["agent_state_id"], resumed["nodes_queued"]) == (run_id, run_id, 2)
    _check_run(api, agent, run_id)


def test_money(api: Api) -> None:
    check(api.get("/credits"), CREDITS)
    check(api.get("/plan"), PLAN | {"plan": "object?"})
    plans = api.get("/plan/list")
    check(plans, PLANS)
    assert [plan["id"] for plan in plans["plans"]] == [
        "creator", "creator_annual", "professional", "professional_annual",
    ]  # fmt: skip
    check(api.post("/plan/upgrade", {"plan_id": "professional_annual"}), UPGRADED)
    check(api.get("/credits"), CREDITS)
    check(api.get("/plan"), PLAN)


def test_refusals(api: Api) -> None:
    agent = play.make_agent(STEPS)
    table = {"error": "text", "detail": "text"}
    refused = [
        (api.get(f"/agent_run/{ASSET_ID}", status=404), "not_found"),
        (api.post(f"/agent/{agent.pk}/run", {"oops": 1}, status=400), "validation_error"),
        (api.get("/agents", {"limit": 0}, status=422), "parameter_out_of_range"),
    ]
    for answer, code in refused:
        check(answer, table)
        assert answer["error"] == code


def _check_run(api: Api, agent: EngineAgent, run_id: str) -> Any:
    told = api.get(f"/agent_run/{run_id}")
    check(told, RUN)
    nodes = api.get(f"/agent_run/{run_id}/nodes")
    check(nodes, RUN_NODES)
    assert len(nodes["nodes"]) == 3
    for path in (f"/agent/{agent.pk}/runs", "/agent_runs"):
        page = api.get(path)
        check(page, {"runs": [SUMMARY], "next_cursor": "text?"})
        assert [one["run_id"] for one in page["runs"]] == [run_id]
        assert page["runs"][0]["node_status_counts"] == told["node_status_counts"]
    return told
