"""Credits and plan: read them, change the plan."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.utils import timezone

from runs.actions.audit import ActionNotAllowed, record
from runs.actions.usable import note_error, require_usable
from runs.client import MosaicError, MosaicProtocolError, MosaicRejected
from runs.models import Connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from runs.access import Actor
    from runs.client import MosaicClient
    from runs.client.payloads import UpgradeResult

# A live call is over by then; only a dead process lets a claim expire.
CLAIM_SECONDS = settings.MOSAIC_LEASE_SECONDS + 10

ValueT = TypeVar("ValueT")


def refresh_billing(connection: Connection, client: MosaicClient) -> None:
    """Read balance, plan and plan list, and keep them with their time in ``connection.billing``.

    A part that the remote refuses or garbles is None (``plans``: empty). Raises MosaicError when there is no answer
    or the key is refused; what was known stays.
    """
    try:
        credits_ = _part(client.credits)
        plan = _part(client.plan)
        plans = _part(client.plan_list)
    except MosaicError as error:
        note_error(connection, error)
        raise
    now = timezone.now()
    connection.note_contact(now)
    connection.billing = {
        "credits": dataclasses.asdict(credits_) if credits_ else None,
        "plan": dataclasses.asdict(plan) if plan else None,
        "plans": [dataclasses.asdict(offer) for offer in plans or ()],
    }
    connection.billing_at = now
    connection.save(update_fields=["billing", "billing_at"])


def glance_at_billing(connection: Connection, client: MosaicClient) -> None:
    """As :func:`refresh_billing`; a failure is written down for the banner, and what was known stays."""
    with suppress(MosaicError):
        refresh_billing(connection, client)


def upgrade_plan(
    connection: Connection, client: MosaicClient, plan_id: str, return_url: str, by: Actor
) -> UpgradeResult:
    """Ask for another plan, once; where a checkout is needed the plan changes only after payment.

    Raises ActionNotAllowed (a change is on its way, or it is the plan already) or MosaicError. After a lost answer
    nothing is repeated: the plan is read again and shows what happened.
    """
    require_usable(connection, "plan.upgrade", connection, by)
    before = _current_plan_id(connection)
    if plan_id and plan_id == before:
        raise _refused(connection, plan_id, f"{plan_id} is the plan already.", by)
    token = Connection.objects.claim(connection.pk, "upgrade", CLAIM_SECONDS)
    if token is None:
        raise _refused(connection, plan_id, "A change of the plan is on its way already.", by)
    try:
        result = client.upgrade_plan(plan_id, success_url=return_url, cancel_url=return_url)
    except MosaicError as error:
        note_error(connection, error)
        record(by, "plan.upgrade", connection, before={"plan": before}, after={"plan": plan_id, "error": str(error)})
        raise
    finally:
        Connection.objects.release(connection.pk, token, due_at=timezone.now())
    record(by, "plan.upgrade", connection, before={"plan": before}, after=dataclasses.asdict(result))
    glance_at_billing(connection, client)
    return result


def _part(read: Callable[[], ValueT]) -> ValueT | None:
    try:
        return read()
    except MosaicRejected as error:
        if error.is_bad_key:
            raise
        return None
    except MosaicProtocolError:
        return None


def _current_plan_id(connection: Connection) -> str:
    current: Any = (connection.billing or {}).get("plan") or {}
    plan: Any = current.get("plan") or {}
    return str(plan.get("id") or "")


def _refused(connection: Connection, plan_id: str, sentence: str, by: Actor) -> ActionNotAllowed:
    record(by, "plan.upgrade", connection, after={"plan": plan_id, "refused": sentence})
    return ActionNotAllowed(sentence)
