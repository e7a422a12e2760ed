"""What we last heard about a connection's money, ready to be shown. It may be old: ``as_of`` says how old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_datetime

if TYPE_CHECKING:
    from datetime import datetime

    from runs.models import Connection

LOW_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan to choose: credits a month, price in US dollars for one ``billing`` period."""

    id: str
    name: str
    billing: str
    price: float | None
    credits: float | None
    top_up: float | None
    notes: str
    is_current: bool
    gives_less: bool

    @property
    def verb(self) -> str:
        """What choosing it is called."""
        return "Switch" if self.gives_less else "Upgrade"

    @property
    def period(self) -> str:
        """What the price pays for."""
        return {"monthly": "a month", "annual": "a year"}.get(self.billing, self.billing)


@dataclass(frozen=True, slots=True)
class Money:
    """Balance and plan of one connection; None and empty where the remote did not say."""

    connection: Connection
    as_of: datetime | None
    balance: float | None
    is_unlimited: bool
    used: float | None
    included: float | None
    plan_id: str
    plan_name: str
    plan_status: str
    renews_at: datetime | None
    ends_at: datetime | None
    next_plan: str
    topup: str
    offers: tuple[Offer, ...]

    @property
    def tone(self) -> str:
        """``bad`` when nothing is left, ``warn`` when it is nearly so."""
        if self.is_unlimited or self.balance is None:
            return "neutral"
        if self.balance <= 0:
            return "bad"
        return "warn" if self.included and self.balance < LOW_SHARE * self.included else "neutral"


def money_of(connection: Connection) -> Money:
    """Read the record of ``Connection.billing``; a part that never came is simply unknown."""
    wallet, current = _mapping(connection.billing, "credits"), _mapping(connection.billing, "plan")
    plan, allowance = _mapping(current, "plan"), _mapping(current, "credits")
    balance = wallet.get("balance") if wallet.get("balance") is not None else allowance.get("balance")
    plan_id = str(plan.get("id") or wallet.get("plan_id") or "")
    return Money(
        connection=connection,
        as_of=connection.billing_at,
        balance=balance,
        is_unlimited=bool(wallet.get("unlimited") or allowance.get("unlimited")),
        used=allowance.get("usage"),
        included=allowance.get("included_usage"),
        plan_id=plan_id,
        plan_name=plan_name(plan_id, str(plan.get("family") or wallet.get("plan") or "")),
        plan_status=str(plan.get("status") or ""),
        renews_at=_moment(plan.get("current_period_end") or wallet.get("current_period_end")),
        ends_at=_moment(plan.get("canceled_at")),
        next_plan=plan_name(str(_mapping(current, "scheduled_plan").get("id") or ""), ""),
        topup=_topup(wallet),
        offers=_offers(connection.billing.get("plans") or [], plan_id),
    )


def _offers(items: list[dict[str, Any]], current: str) -> tuple[Offer, ...]:
    amounts = [item.get("credits_per_month") for item in items if item.get("id") == current]
    return tuple(_offer(item, current, amounts[0] if amounts else None) for item in items)


def _offer(item: dict[str, Any], current: str, current_credits: float | None) -> Offer:
    offer_id, amount = str(item.get("id", "")), item.get("credits_per_month")
    return Offer(
        id=offer_id,
        name=plan_name(offer_id, ""),
        billing=str(item.get("billing") or ""),
        price=item.get("price_usd"),
        credits=amount,
        top_up=item.get("top_up_rate_per_100_credits_usd"),
        notes=str(item.get("notes") or ""),
        is_current=bool(current) and offer_id == current,
        gives_less=amount is not None and current_credits is not None and amount < current_credits,
    )


def plan_name(plan_id: str, family: str = "") -> str:
    """``creator_annual`` → ``Creator annual``; the remote names plans by id alone."""
    return (plan_id or family).replace("_", " ").replace("-", " ").strip().capitalize()


def _topup(wallet: dict[str, Any]) -> str:
    if not wallet.get("auto_topup_eligible"):
        return ""
    if not wallet.get("auto_topup_enabled"):
        return "Off"
    quantity, threshold = wallet.get("auto_topup_quantity"), wallet.get("auto_topup_threshold")
    if quantity is None or threshold is None:
        return "On"
    return f"On: {quantity:g} credits when fewer than {threshold:g} are left"


def _mapping(holder: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    found = holder.get(name) if isinstance(holder, dict) else None
    return found if isinstance(found, dict) else {}


def _moment(text: Any) -> datetime | None:  # noqa: ANN401 - JSON
    try:
        found = parse_datetime(str(text)) if text else None
    except ValueError:
        return None
    # The first and the last years of the calendar have moments that no other time zone can name.
    return found if found and MINYEAR < found.year < MAXYEAR else None
