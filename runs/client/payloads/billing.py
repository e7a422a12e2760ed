"""Credits and plans (pages "Get Credits", "Get Plan", "Get Plan List", "Upgrade Plan").

Times stay ISO strings here: these values are kept as JSON and shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from runs.client import reading
from runs.client.reading import Json


@dataclass(frozen=True, slots=True)
class Credits:
    """The balance; None where the remote did not say."""

    organization_id: str
    balance: float | None
    unlimited: bool
    plan: str
    plan_id: str
    current_period_start: str
    current_period_end: str
    auto_topup_eligible: bool
    auto_topup_enabled: bool
    auto_topup_threshold: float | None
    auto_topup_quantity: float | None

    @classmethod
    def parse(cls, data: Json) -> Credits:
        """From ``GET /credits``, today's flat shape or the older one with a nested ``credits``."""
        nested = reading.mapping(data, "credits")
        cycle = reading.mapping(data, "billing_cycle")
        topup = reading.mapping(data, "auto_topup")
        balance = reading.number(data, "balance")
        return cls(
            organization_id=reading.text(data, "organization_id"),
            balance=balance if balance is not None else reading.number(nested, "balance"),
            unlimited=reading.flag(nested, "unlimited") or reading.flag(data, "unlimited"),
            plan=reading.text(data, "plan") or reading.text(reading.mapping(data, "plan"), "family", "id"),
            plan_id=reading.text(data, "plan_id") or reading.text(reading.mapping(data, "plan"), "id"),
            current_period_start=reading.text(cycle, "current_period_start"),
            current_period_end=reading.text(cycle, "current_period_end") or reading.text(nested, "next_reset_at"),
            auto_topup_eligible=reading.flag(topup, "eligible"),
            auto_topup_enabled=reading.flag(topup, "enabled"),
            auto_topup_threshold=reading.number(topup, "threshold"),
            auto_topup_quantity=reading.number(topup, "quantity"),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that runs or is scheduled."""

    id: str
    family: str
    status: str
    started_at: str
    current_period_start: str
    current_period_end: str
    canceled_at: str

    @classmethod
    def parse(cls, data: Json) -> Plan | None:
        """From a plan object; None when it names no plan (free)."""
        if not reading.text(data, "id", "family"):
            return None
        return cls(
            id=reading.text(data, "id"),
            family=reading.text(data, "family"),
            status=reading.text(data, "status"),
            started_at=reading.text(data, "started_at"),
            current_period_start=reading.text(data, "current_period_start"),
            current_period_end=reading.text(data, "current_period_end"),
            canceled_at=reading.text(data, "canceled_at"),
        )


@dataclass(frozen=True, slots=True)
class PlanCredits:
    """The credits part of a plan."""

    balance: float | None
    usage: float | None
    included_usage: float | None
    unlimited: bool

    @classmethod
    def parse(cls, data: Json) -> PlanCredits:
        """From ``credits`` in ``GET /plan``."""
        return cls(
            balance=reading.number(data, "balance"),
            usage=reading.number(data, "usage"),
            included_usage=reading.number(data, "included_usage"),
            unlimited=reading.flag(data, "unlimited"),
        )


@dataclass(frozen=True, slots=True)
class CurrentPlan:
    """The plan of an organisation; ``plan`` is None on the free plan."""

    organization_id: str
    plan: Plan | None
    scheduled_plan: Plan | None
    credits: PlanCredits

    @classmethod
    def parse(cls, data: Json) -> CurrentPlan:
        """From ``GET /plan``."""
        return cls(
            organization_id=reading.text(data, "organization_id"),
            plan=Plan.parse(reading.mapping(data, "plan")),
            scheduled_plan=Plan.parse(reading.mapping(data, "scheduled_plan")),
            credits=PlanCredits.parse(reading.mapping(data, "credits")),
        )


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """A plan that can be chosen; ``billing`` is ``monthly`` or ``annual``, prices in US dollars."""

    id: str
    billing: str
    price_usd: float | None
    credits_per_month: float | None
    top_up_rate_per_100_credits_usd: float | None
    notes: str

    @classmethod
    def parse_all(cls, data: Json) -> tuple[PlanOffer, ...]:
        """From ``GET /plan/list``; the older shape's monthly price is taken where today's field is missing."""
        offers = (cls._parse(item) for item in reading.objects(data, "plans"))
        return tuple(offer for offer in offers if offer.id)

    @classmethod
    def _parse(cls, data: Json) -> PlanOffer:
        price, billing = reading.number(data, "price_usd"), reading.text(data, "billing")
        if price is None:
            monthly = reading.number(data, "monthly_price_usd")
            price = monthly if monthly is not None else reading.number(data, "annual_price_usd")
            billing = billing or ("monthly" if monthly is not None else "annual")
        return cls(
            id=reading.text(data, "id"),
            billing=billing,
            price_usd=price,
            credits_per_month=reading.number(data, "credits_per_month"),
            top_up_rate_per_100_credits_usd=reading.number(data, "top_up_rate_per_100_credits_usd"),
            notes=reading.text(data, "notes"),
        )


@dataclass(frozen=True, slots=True)
class UpgradeResult:
    """A plan change; with ``requires_checkout`` the plan changes only after payment at ``checkout_url``."""

    success: bool
    requires_checkout: bool
    plan_id: str
    plan_family: str
    checkout_url: str

    @classmethod
    def parse(cls, data: Json) -> UpgradeResult:
        """From ``POST /plan/upgrade``; a checkout address that is not HTTP(S) is dropped."""
        url = reading.text(data, "checkout_url")
        return cls(
            success=reading.flag(data, "success"),
            requires_checkout=reading.flag(data, "requires_checkout"),
            plan_id=reading.text(data, "plan_id"),
            plan_family=reading.text(data, "plan_family"),
            checkout_url=url if url.startswith(("https://", "http://")) else "",
        )
