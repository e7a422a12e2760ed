"""The balance: every movement is a row with a unique key, so that nothing is taken or given twice.

A node is charged once for each time its run was started or resumed, however many attempts it needs; what a node
did not deliver is given back.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F

from runs.engine.models import Account, CreditEntry, RuntimeNode
from runs.engine.nodes.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from runs.engine.models import EngineRun


def account() -> Account:
    """The engine's one organisation; opened with ``MOSAIC_ENGINE_CREDITS`` at first use."""
    row = Account.objects.first()
    if row is not None:
        return row
    with transaction.atomic():
        row, is_new = Account.objects.get_or_create(pk=1)
        if is_new:
            move(row, "opening", Decimal(settings.MOSAIC_ENGINE_CREDITS), "Opening balance")
    row.refresh_from_db()
    return row


def charge(node: RuntimeNode) -> bool:
    """Take what the node costs; False when the balance does not cover it. Asking again changes nothing."""
    holder = account()
    with transaction.atomic():
        holder = Account.objects.select_for_update().get(pk=holder.pk)
        current = RuntimeNode.objects.select_related("run").get(pk=node.pk)
        cost = cost_of(current.node_type_id)
        key = _key(current.pk, current.run.resumed, "charge")
        # A node that was cancelled a moment ago is not charged: its work is about to be given up.
        if not cost or current.status != "running" or CreditEntry.objects.filter(key=key).exists():
            return True
        if holder.balance < cost:
            return False
        move(holder, key, -cost, type_name(current.node_type_id))
        return True


def refund(run: EngineRun, nodes: Iterable[UUID]) -> None:
    """Give back what these nodes of the run were charged since it last started; inside the settling transaction."""
    refund_keys = {_key(node, run.resumed, "charge"): _key(node, run.resumed, "refund") for node in nodes}
    for charged in CreditEntry.objects.filter(key__in=list(refund_keys)).select_related("account"):
        move(charged.account, refund_keys[charged.key], -charged.amount, charged.reason)


def move(holder: Account, key: str, amount: Decimal, reason: str) -> bool:
    """Change the balance by ``amount`` credits unless ``key`` already did; inside a transaction."""
    _, is_new = CreditEntry.objects.get_or_create(
        key=key, defaults={"account": holder, "amount": amount, "reason": reason}
    )
    if is_new:
        Account.objects.filter(pk=holder.pk).update(balance=F("balance") + amount)
    return is_new


def cost_of(node_type_id: str) -> Decimal:
    """Credits for one node of this type; types this engine does not know cost nothing."""
    kind = CATALOGUE.get(node_type_id)
    return Decimal(kind.cost if kind else 0)


def type_name(node_type_id: str) -> str:
    """What people call this type."""
    kind = CATALOGUE.get(node_type_id)
    return kind.name if kind else "Unknown node type"


def _key(node: UUID, resumed: int, kind: str) -> str:
    return f"{node}/{resumed}/{kind}"
