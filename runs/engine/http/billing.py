"""Credits and plans (Mosaic's "Get Credits", "Get Plan", "List Plans", "Upgrade Plan" pages).

The engine's plans cost nothing: an upgrade takes effect at once and adds the plan's credits, and choosing the
running plan again renews it.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from runs.engine.execution.ledger import account, move
from runs.engine.http.refusals import invalid
from runs.engine.http.shapes import time_text
from runs.engine.models import Account, CreditEntry

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PlanKind:
    """A plan as the documentation lists it; ``months`` is the length of a billing period."""

    id: str
    family: str
    billing: str
    months: int
    price_usd: int
    credits_per_month: int
    top_up_usd: float
    is_listed: bool = True


PLANS = {
    plan.id: plan
    for plan in (
        PlanKind("creator", "creator", "monthly", 1, 50, 2500, 2),
        PlanKind("creator_annual", "creator", "annual", 12, 480, 2500, 2),
        PlanKind("professional", "professional", "monthly", 1, 150, 10000, 1.6),
        PlanKind("professional_annual", "professional", "annual", 12, 1500, 10000, 1.6),
        # A legacy id that upgrades still accept and no list names.
        PlanKind("pro", "professional", "monthly", 1, 150, 10000, 1.6, is_listed=False),
    )
}


def credits_answer() -> dict[str, Any]:
    """ "Get Credits"."""
    holder = account()
    plan = PLANS.get(holder.plan_id)
    start, end = _period(holder)
    return {
        "organization_id": str(holder.organization_id),
        "balance": _number(holder.balance),
        "plan": plan.family if plan else None,
        "plan_id": plan.id if plan else None,
        "billing_cycle": {"current_period_start": time_text(start), "current_period_end": time_text(end)},
        "auto_topup": {"eligible": bool(plan and plan.is_listed), "enabled": False, "threshold": 0, "quantity": 0},
    }


def plan_answer() -> dict[str, Any]:
    """ "Get Plan"; ``plan`` is null without a paid plan."""
    holder = account()
    plan = PLANS.get(holder.plan_id)
    start, end = _period(holder)
    return {
        "organization_id": str(holder.organization_id),
        "plan": {
            "id": plan.id,
            "family": plan.family,
            "status": "active",
            "started_at": time_text(holder.plan_started_at),
            "current_period_start": time_text(start),
            "current_period_end": time_text(end),
            "canceled_at": None,
        }
        if plan
        else None,
        "scheduled_plan": None,
        "credits": {
            "balance": _number(holder.balance),
            "usage": _number(_usage(holder, start)),
            "included_usage": plan.credits_per_month if plan else 0,
            "unlimited": False,
        },
    }


def plan_list_answer() -> dict[str, Any]:
    """ "List Plans"."""
    return {
        "plans": [
            {
                "id": plan.id,
                "billing": plan.billing,
                "price_usd": plan.price_usd,
                "credits_per_month": plan.credits_per_month,
                "top_up_rate_per_100_credits_usd": plan.top_up_usd,
                "notes": "The local engine takes no money: the credits are added at once.",
            }
            for plan in PLANS.values()
            if plan.is_listed
        ]
    }


def upgrade_answer(body: Mapping[str, Any]) -> dict[str, Any]:
    """ "Upgrade Plan": immediate, so no checkout."""
    extra = sorted(set(body) - {"plan_id", "success_url", "cancel_url"})
    if extra:
        raise invalid(f"unknown field {extra[0]!r}.")
    plan = PLANS.get(body["plan_id"]) if isinstance(body.get("plan_id"), str) else None
    if plan is None:
        raise invalid(f"plan_id: must be one of {', '.join(PLANS)}.")
    holder = account()
    with transaction.atomic():
        Account.objects.filter(pk=holder.pk).update(plan_id=plan.id, plan_started_at=timezone.now())
        move(holder, f"plan/{uuid4()}", Decimal(plan.credits_per_month), f"Plan {plan.id}")
    return {"success": True, "requires_checkout": False, "plan_id": plan.id, "plan_family": plan.family}


def _period(holder: Account) -> tuple[datetime | None, datetime | None]:
    """The billing period that now lies in."""
    plan = PLANS.get(holder.plan_id)
    if plan is None or holder.plan_started_at is None:
        return None, None
    count = 0
    while _later(holder.plan_started_at, plan.months * (count + 1)) <= timezone.now():
        count += 1
    return (
        _later(holder.plan_started_at, plan.months * count),
        _later(holder.plan_started_at, plan.months * (count + 1)),
    )


def _later(moment: datetime, months: int) -> datetime:
    """The same day ``months`` later, or the last day of a shorter month."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def _usage(holder: Account, since: datetime | None) -> Decimal:
    """Credits that nodes used, less what was given back; since the period began, or ever without a plan."""
    entries = CreditEntry.objects.filter(account=holder).exclude(key="opening").exclude(key__startswith="plan/")
    if since is not None:
        entries = entries.filter(created_at__gte=since)
    return -(entries.aggregate(total=Sum("amount"))["total"] or Decimal(0))


def _number(amount: Decimal) -> int | float:
    """Whole numbers without a decimal point, as in the documents' samples."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
