"""The balance: charged once per node, given back, used up, filled again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from runs.engine.execution import ledger
from runs.engine.http import billing
from runs.engine.models import Account, CreditEntry, EngineRun
from runs.engine.rendering import leases
from tests.engine import play
from tests.engine.test_runtime import begin

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from runs.engine.models import Asset
    from tests.engine.conftest import Api

# Video Input 1, Reframe 5, Watermark 2.
STEPS = {"in": ("Video Input", []), "upright": ("Reframe", ["in"]), "logo": ("Watermark", ["upright"])}


@pytest.fixture
def five_credits(settings: Settings) -> None:
    settings.MOSAIC_ENGINE_CREDITS = 5


def balance(api: Api) -> float:
    return float(api.get("/credits")["balance"])


def test_answers_without_a_plan(api: Api, settings: Settings) -> None:
    settings.MOSAIC_ENGINE_CREDITS = 120
    answer = api.get("/credits")
    organization = answer.pop("organization_id")
    assert answer == {
        "balance": 120,
        "plan": None,
        "plan_id": None,
        "billing_cycle": {"current_period_start": None, "current_period_end": None},
        "auto_topup": {"eligible": False, "enabled": False, "threshold": 0, "quantity": 0},
    }
    assert api.get("/plan") == {
        "organization_id": organization,
        "plan": None,
        "scheduled_plan": None,
        "credits": {"balance": 120, "usage": 0, "included_usage": 0, "unlimited": False},
    }


def test_plan_list(api: Api) -> None:
    plans = api.get("/plan/list")["plans"]
    assert [(plan["id"], plan["billing"], plan["price_usd"], plan["credits_per_month"]) for plan in plans] == [
        ("creator", "monthly", 50, 2500),
        ("creator_annual", "annual", 480, 2500),
        ("professional", "monthly", 150, 10000),
        ("professional_annual", "annual", 1500, 10000),
    ]
    for plan in plans:
        assert set(plan) == {
            *("id", "billing", "price_usd", "credits_per_month", "top_up_rate_per_100_credits_usd", "notes")
        }


def test_upgrade(api: Api, five_credits: None) -> None:
    answer = api.post(
        "/plan/upgrade", {"plan_id": "creator_annual", "success_url": "http://x/", "cancel_url": "http://x/"}
    )
    assert answer == {
        "success": True,
        "requires_checkout": False,
        "plan_id": "creator_annual",
        "plan_family": "creator",
    }
    plan = api.get("/plan")
    assert plan["credits"] == {"balance": 2505, "usage": 0, "included_usage": 2500, "unlimited": False}
    assert set(plan["plan"]) == {
        *("id", "family", "status", "started_at", "current_period_start", "current_period_end", "canceled_at")
    }
    credits_left = api.get("/credits")
    assert (credits_left["plan"], credits_left["plan_id"]) == ("creator", "creator_annual")
    assert credits_left["auto_topup"]["eligible"] is True
    assert credits_left["billing_cycle"]["current_period_start"] == plan["plan"]["current_period_start"]


def test_the_legacy_plan_can_be_had_and_is_not_listed(api: Api) -> None:
    assert api.post("/plan/upgrade", {"plan_id": "pro"})["plan_family"] == "professional"
    assert api.get("/credits")["auto_topup"]["eligible"] is False


@pytest.mark.parametrize("body", [{}, {"plan_id": "gold"}, {"plan_id": ["creator"]}, {"plan_id": "creator", "when": 1}])
def test_upgrades_that_are_refused(api: Api, body: dict[str, object]) -> None:
    assert api.post("/plan/upgrade", body, status=400)["error"] == "validation_error"
    assert api.get("/credits")["plan"] is None


def test_used_up_upgrade_resume(api: Api, asset: Asset, five_credits: None) -> None:
    agent = play.make_agent(STEPS)
    run_id = api.post(f"/agent/{agent.pk}/run", {"video_ids": [str(asset.pk)]})["run_id"]
    run = play.out(run_id)
    whole = api.get(f"/agent_run/{run.pk}")
    assert (whole["status"], whole["needs_credits"]) == ("failed", True)
    assert whole["status_message"] == (
        "The credits are used up, so Reframe could not start. 1 node after it was not run. "
        "Upgrade the plan, then resume."
    )
    nodes = {node["original_node_id"]: node for node in api.get(f"/agent_run/{run.pk}/nodes")["nodes"]}
    first, second, third = (nodes[node_id] for node_id in play.node_ids(agent))
    assert (first["status"], first["needs_credits"]) == ("completed", False)
    assert (second["status"], second["needs_credits"]) == ("failed", True)
    assert (third["status"], third["needs_credits"]) == ("blocked", False)
    assert balance(api) == 4

    api.post("/plan/upgrade", {"plan_id": "creator"})
    assert api.post(f"/agent_run/{run.pk}/resume")["requeued_nodes"] == 2
    assert play.out(run).status == "completed"
    assert api.get(f"/agent_run/{run.pk}")["needs_credits"] is False
    assert balance(api) == 2504 - 5 - 2
    assert api.get("/plan")["credits"]["usage"] == 7


def test_finished_outputs_are_kept_without_credits(inside: Api, asset: Asset, five_credits: None) -> None:
    steps = {"in": ("Video Input", []), "a": ("Mirror", ["in"]), "b": ("Reframe", ["in"])}
    run = play.out(begin(inside, asset, steps))
    whole = inside.get(f"/agent_run/{run.pk}")
    assert (whole["status"], whole["needs_credits"], len(whole["outputs"])) == ("failed", True, 1)


def test_one_charge_however_many_attempts(inside: Api, asset: Asset) -> None:
    run = begin(inside, asset, STEPS)
    node = run.nodes.get(status="queued")
    play.lease(node)
    before = balance(inside)
    assert ledger.charge(node)
    assert ledger.charge(node)
    assert balance(inside) == before - 1


def test_failing_and_cancelling_give_back(inside: Api, asset: Asset) -> None:
    before = balance(inside)
    failed = play.out(begin(inside, asset, STEPS), play.failing("Reframe"))
    assert failed.status == "failed"
    assert balance(inside) == before - 1
    run = begin(inside, asset, STEPS)
    node = run.nodes.get(status="queued")
    play.lease(node)
    ledger.charge(node)
    inside.post(f"/agent_run/{run.pk}/cancel")
    assert balance(inside) == before - 1
    assert ledger.charge(node)
    assert balance(inside) == before - 1


def test_the_balance_is_the_sum_of_its_movements(inside: Api, asset: Asset) -> None:
    run = play.out(begin(inside, asset, STEPS), play.failing("Watermark"))
    inside.post(f"/agent_run/{run.pk}/resume")
    play.out(run)
    inside.post("/plan/upgrade", {"plan_id": "creator"})
    total = sum(CreditEntry.objects.values_list("amount", flat=True), Decimal(0))
    assert Account.objects.get().balance == total
    assert EngineRun.objects.get().status == "completed"


@pytest.mark.parametrize(
    ("started", "now", "period"),
    [
        ("2026-01-31", "2026-02-10", ("2026-01-31", "2026-02-28")),
        ("2026-01-31", "2026-03-15", ("2026-02-28", "2026-03-31")),
        ("2026-11-20", "2027-01-02", ("2026-12-20", "2027-01-20")),
    ],
)
def test_billing_periods(
    db: None, monkeypatch: pytest.MonkeyPatch, started: str, now: str, period: tuple[str, str]
) -> None:
    def day(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    holder = ledger.account()
    holder.plan_id, holder.plan_started_at = "creator", day(started)
    monkeypatch.setattr(timezone, "now", lambda: day(now) + timedelta(hours=1))
    assert billing._period(holder) == (day(period[0]), day(period[1]))


def test_a_step_that_waits_again_after_its_worker_ended_is_given_back_when_cancelled(inside: Api, asset: Asset) -> None:
    run = begin(inside, asset, STEPS)
    before = balance(inside)
    taken = leases.take()
    assert taken is not None
    ledger.charge(taken[0])
    assert balance(inside) == before - 1
    leases.give_back(taken[0])
    inside.post(f"/agent_run/{run.pk}/cancel")
    assert balance(inside) == before
