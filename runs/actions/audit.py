"""The audit row every action writes, carried out or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from runs.models import AuditEvent

if TYPE_CHECKING:
    from runs.access import Actor

LABEL_LENGTH = 200


class ActionNotAllowed(Exception):
    """The action is not possible now; ``str`` is one sentence for people, the answer is 409."""


def record(
    by: Actor,
    verb: str,
    about: models.Model,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write who did what to which row, from where, and what it was before and after."""
    user = by.user if getattr(by.user, "is_authenticated", False) else None
    AuditEvent.objects.create(
        user=user,
        username=user.get_username() if user else "",
        verb=verb,
        object_type=type(about).__name__.lower(),
        object_id=str(about.pk),
        object_label=str(about)[:LABEL_LENGTH],
        before=before or {},
        after=after or {},
        address=by.address,
    )
