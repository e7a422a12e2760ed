"""A poll that failed: say so, back off, and leave the remote alone where it asks for that."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runs.client import MosaicRejected
from runs.models import Agent, Run
from runs.sync.pace import after_trouble, asked_pause

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from runs.client import MosaicError
    from runs.models import Connection

NOT_FOUND = 404
GONE_SENTENCE = "does not know this run (404); what was last known is shown."


def note(connection: Connection, error: MosaicError, now: datetime) -> None:
    """Write down what the error says about the connection; a refusal other than of the key is an answer."""
    if isinstance(error, MosaicRejected) and not error.is_bad_key:
        connection.note_contact(now)
        return
    connection.note_trouble(str(error), now)
    pause = asked_pause(error)
    if pause:
        _leave_alone(connection, now + timedelta(seconds=pause))


def settle_failed(run: Run, token: uuid.UUID, error: MosaicError, now: datetime) -> None:
    """Give the run back unchanged but for the sentence about the failure."""
    note(run.connection, error, now)
    failures = run.sync_failures + 1
    sentence = str(error)
    if isinstance(error, MosaicRejected) and error.status == NOT_FOUND:
        sentence = f"{run.connection.name} {GONE_SENTENCE}"
    Run.objects.settle(
        run.pk,
        token,
        next_due=after_trouble(failures, error, now),
        changed=sentence != run.sync_error,
        sync_error=sentence[:500],
        sync_failures=failures,
    )


def _leave_alone(connection: Connection, until: datetime) -> None:
    """The pause is asked of the key, so everything of the connection that is due earlier waits."""
    for rows in (Run.objects, Agent.objects):
        rows.filter(connection=connection, claim_token=None, due_at__lt=until).update(due_at=until)
