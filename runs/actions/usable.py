"""What every action asks first, and what it writes down about the remote's health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from runs.actions.audit import ActionNotAllowed, record
from runs.client import MosaicError, MosaicRejected

if TYPE_CHECKING:
    from django.db import models

    from runs.access import Actor
    from runs.models import Connection


def require_usable(connection: Connection, verb: str, about: models.Model, by: Actor) -> None:
    """Raise ActionNotAllowed when nothing may be sent over the connection; the refusal is audited."""
    if connection.is_usable:
        return
    if connection.is_enabled:
        sentence = f"The key of {connection.name} has changed and is being checked. Try again in a moment."
    else:
        sentence = f"{connection.name} is switched off in Settings."
    record(by, verb, about, after={"refused": sentence})
    raise ActionNotAllowed(sentence)


def note_error(connection: Connection, error: MosaicError) -> None:
    """Write down whether the error says that the remote is in trouble (no answer, a bad key) or well (a refusal)."""
    if isinstance(error, MosaicRejected) and not error.is_bad_key:
        connection.note_contact(timezone.now())
    else:
        connection.note_trouble(str(error), timezone.now())
