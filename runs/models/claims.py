"""Claim and release: how a row is taken for a moment by one worker or one person's action.

A claim is one conditional update. It also makes the row due at the claim's end, so that a death in mid-call is looked
at again when the claim expires.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, TypeVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

RowT = TypeVar("RowT", bound=models.Model)

SYNC = "sync"


class ClaimableQuerySet(models.QuerySet[RowT]):
    """For models with ``due_at``, ``claimed_until``, ``claim_token`` and ``claimed_for``."""

    def due(self) -> ClaimableQuerySet[RowT]:
        """Rows whose time has come and that nobody holds, oldest first."""
        now = timezone.now()
        return self.filter(Q(claimed_until=None) | Q(claimed_until__lte=now), due_at__lte=now).order_by("due_at")

    def claim(self, pk: object, purpose: str, seconds: float, **expected: object) -> uuid.UUID | None:
        """Take the row for ``seconds``; None when somebody else has it or it is not as ``expected``.

        An action takes a row over from the sync, which only reads: the sync then finds its token gone and drops what
        it read, so that a picture from before the action can never overwrite the action's.
        """
        now = timezone.now()
        free = Q(claimed_until=None) | Q(claimed_until__lte=now)
        if purpose != SYNC:
            free |= Q(claimed_for=SYNC)
        token = uuid.uuid4()
        until = now + timedelta(seconds=seconds)
        taken = self.filter(free, pk=pk, **expected).update(
            claim_token=token, claimed_until=until, claimed_for=purpose, due_at=until
        )
        return token if taken else None

    def release(self, pk: object, token: uuid.UUID, **changes: Any) -> bool:  # noqa: ANN401 - model field values
        """Give the row back with ``changes``; False when the claim was lost meanwhile, and then nothing is written."""
        return bool(
            self.filter(pk=pk, claim_token=token).update(
                claim_token=None, claimed_until=None, claimed_for="", **changes
            )
        )
