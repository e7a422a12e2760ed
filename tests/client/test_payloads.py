"""Answers in the shapes of the documents, of older servers, and broken: always values, never an exception."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs.client import payloads
from tests.client.conftest import Server, answer, make_client

RUN: dict[str, Any] = {
    "agent_id": "5f0c1d3e-1111-4222-8333-aaaabbbbcccc",
    "started_at": "2026-05-20T16:00:00Z",
    "status": "partial_complete",
    "status_message": None,
    "needs_credits": False,
    "errors": [{"original_node_id": "node-3", "messages": ["Transcription timed out"]}],
    "node_status_counts": {"completed": 6, "in_progress": 0, "failed": 1},
    "inputs": [{"video_url": "https://storage.example/in.mp4", "thumbnail_url": "https://storage.example/in.jpg"}],
    "outputs": [
        {
            "id": "render-9",
            "video_url": "https://storage.example/out.mp4",
            "thumbnail_url": None,
            "premiere_prproj_url": None,
            "completed_at": "2026-05-20T16:07:12.250Z",
            "original_node_id": None,
        }
    ],
}


def test_a_run_as_documented() -> None:
    run = payloads.RunDetail.parse(RUN)
    assert run.status == "partial_complete"
    assert run.started_at == datetime(2026, 5, 20, 16, tzinfo=UTC)
    assert run.errors == (payloads.RunError("node-3", ("Transcription timed out",)),)
    assert run.counts == payloads.NodeCounts(6, 0, 1)
    assert run.inputs is not None
    assert run.inputs[0].thumbnail_url == "https://storage.example/in.jpg"
    assert run.outputs is not None
    assert run.outputs[0].original_node_id is None
    assert run.outputs[0].completed_at == datetime(2026, 5, 20, 16, 7, 12, 250_000, tzinfo=UTC)


def test_both_spellings_of_needs_credits() -> None:
    assert payloads.RunDetail.parse({"needsCredits": True}).needs_credits
    assert payloads.RunDetail.parse({"needs_credits": True}).needs_credits
    assert not payloads.RunDetail.parse({"needs_credits": "false"}).needs_credits


def test_what_is_missing_is_told_apart_from_what_is_empty() -> None:
    run = payloads.RunDetail.parse({})
    assert (run.status, run.counts, run.inputs, run.outputs, run.started_at) == ("", None, None, None, None)
    empty = payloads.RunDetail.parse({"inputs": [], "outputs": []})
    assert (empty.inputs, empty.outputs) == ((), ())


def test_errors_may_be_a_string_or_strings() -> None:
    assert payloads.RunDetail.parse({"errors": "Broken"}).errors == (payloads.RunError(None, ("Broken",)),)
    assert payloads.RunDetail.parse({"errors": ["One", 2]}).errors[1].messages == ("2",)


def test_nodes_as_documented_and_with_an_unknown_status() -> None:
    node = {
        "agent_node_id": "clone-1",
        "original_node_id": None,
        "status": "reticulating",
        "status_message": "Insufficient credits",
        "node_type": {"node_type_id": "t", "node_type_name": "Clips", "docs_url": None, "params_docs_url": None},
        "needs_credits": True,
    }
    (parsed,) = payloads.RuntimeNode.parse_all({"run_id": "r", "nodes": [node, {"status": "no id"}, "text"]})
    assert parsed.status == "reticulating"
    assert parsed.errors == ()
    assert parsed.type.name == "Clips"
    assert parsed.needs_credits


def test_an_agent_of_today_and_of_before() -> None:
    today = payloads.AgentDetail.parse(
        {
            "agent": {"id": "a", "name": "Podcast shorts", "description": "", "updated_at": "2026-05-02T10:30:00Z"},
            "agent_nodes": [
                {"agent_node_id": "n1", "node_type": {"node_type_id": "t1", "node_type_name": None}, "params_used": {}},
                {"agent_node_id": "n2", "node_type": {"node_type_id": "t2"}, "params_used": {"num_clips": 5}},
            ],
            "connections": [{"source_agent_node_id": "n1", "target_agent_node_id": "n2"}],
        }
    )
    before = payloads.AgentDetail.parse(
        {
            "agent": {"id": "a", "name": "Podcast shorts"},
            "nodes": [{"id": "n1", "node_type_id": "t1", "node_type_name": "Clips", "position_x": 3}],
        }
    )
    assert today.edges == (("n1", "n2"),)
    assert today.nodes is not None
    assert today.nodes[1].params == {"num_clips": 5}
    assert before.nodes is not None
    assert before.nodes[0].type.name == "Clips"
    assert payloads.AgentDetail.parse({"agent": {"id": "a"}}).nodes is None


def test_whoami_of_an_organisation_and_of_a_user() -> None:
    assert payloads.WhoAmI.parse({"organization_id": "o", "organization_name": "Tern"}).organization_name == "Tern"
    user = payloads.WhoAmI.parse({"user_id": "u", "email": "a@b.example"})
    assert (user.organization_id, user.organization_name) == ("user:u", "a@b.example")


def test_credits_flat_and_nested() -> None:
    flat = payloads.Credits.parse({"balance": 12.5, "plan": "creator", "auto_topup": {"eligible": True}})
    nested = payloads.Credits.parse({"credits": {"balance": 7, "unlimited": True}, "plan": None})
    assert (flat.balance, flat.plan, flat.auto_topup_eligible) == (12.5, "creator", True)
    assert (nested.balance, nested.unlimited, nested.plan) == (7, True, "")


def test_plans() -> None:
    assert payloads.CurrentPlan.parse({"plan": {"id": None, "family": None}}).plan is None
    (offer,) = payloads.PlanOffer.parse_all({"plans": [{"id": "creator", "monthly_price_usd": 50}, {}]})
    assert (offer.price_usd, offer.billing) == (50, "monthly")
    upgrade = payloads.UpgradeResult.parse({"success": True, "checkout_url": "javascript:alert(1)"})
    assert upgrade.checkout_url == ""


def test_numbers_resume_counts() -> None:
    assert payloads.ResumeResult.parse({"nodes_queued": 3, "nodes_considered": 5}).nodes_queued == 3
    assert payloads.ResumeResult.parse({"success": True}).nodes_queued is None


def test_ids_and_filters_reach_the_documented_paths(server: Server) -> None:
    server.answers = [answer(json.dumps({"runs": [{"run_id": "r"}, {}], "next_cursor": None}).encode())]
    client = make_client(server.url)
    page = client.agent_runs("a/../b", status=("failed", "running"), cursor="c", from_=datetime(2026, 5, 1, tzinfo=UTC))
    assert [run.run_id for run in page.runs] == ["r"]
    assert server.requests[0].startswith("GET /agent/a%2F..%2Fb/runs?")
    assert "status=failed%2Crunning" in server.requests[0]
    assert "from=2026-05-01T00%3A00%3A00%2B00%3A00" in server.requests[0]
    client.agent_runs()
    assert server.requests[1].startswith("GET /agent_runs?limit=25 ")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "run_id", "status", "errors", "messages", "inputs", "outputs", "nodes", "agent", "plan", "plans",
                 "agent_nodes", "connections", "node_type", "node_status_counts", "completed", "credits", "started_at"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)  # fmt: skip


PARSERS: tuple[Any, ...] = (
    payloads.WhoAmI.parse,
    payloads.AgentPage.parse,
    payloads.AgentDetail.parse,
    payloads.RunDetail.parse,
    payloads.RunPage.parse,
    payloads.RuntimeNode.parse_all,
    payloads.Credits.parse,
    payloads.CurrentPlan.parse,
    payloads.PlanOffer.parse_all,
    payloads.UpgradeResult.parse,
    payloads.StartedRun.parse,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.dictionaries(st.sampled_from(["status", "nodes", "runs", "agent", "plan", "plans", "errors"]), JSON))
def test_no_json_makes_a_parser_fail(data: dict[str, Any]) -> None:
    for parse in PARSERS:
        assert parse(data) is not NotImplemented
