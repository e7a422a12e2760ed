"""Starting a run: the intent is a row before anything is sent, and one intent is sent once.

A lost answer leaves the row *unconfirmed*; the sync then looks for the run it may have made, and where it finds
several, or none in time, a person decides.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from runs import statuses
from runs.actions.audit import ActionNotAllowed, record
from runs.actions.usable import note_error, require_usable
from runs.client import MosaicError, MosaicRejected
from runs.models import Run, RunEvent
from runs.payload import count_inputs, mask_text

if TYPE_CHECKING:
    from datetime import datetime

    from runs.access import Actor
    from runs.client import MosaicClient
    from runs.models import Agent, AgentVersion

# Longer than any answer is waited for: only a dead process lets it expire.
CLAIM_SECONDS = settings.MOSAIC_LEASE_SECONDS + 10
LOST = "The answer to the start was lost, so nobody knows yet whether it arrived. Looking for the run."
NO_ID = "The remote accepted the start without naming the run. Looking for it."


def start_run(
    agent: Agent,
    *,
    version: AgentVersion | None,
    body: dict[str, Any],
    start_token: str,
    client: MosaicClient,
    by: Actor,
) -> Run:
    """Send ``body`` exactly as it is, once for each ``start_token``; the second comer gets the first one's row.

    Raises MosaicRejected (the row is kept as refused) or another MosaicError when nothing was sent (kept as not
    sent). When the answer was lost the run is returned, unconfirmed. ActionNotAllowed when the connection is off.
    """
    known = Run.objects.filter(start_token=start_token).first()
    if known is not None:
        return known
    require_usable(agent.connection, "run.start", agent, by)
    try:
        run = _intend(agent, version, body, start_token, by)
    except IntegrityError:
        return Run.objects.get(start_token=start_token)
    token = run.claim_token
    assert token is not None, "a start is born claimed"  # noqa: S101 - for the type checker
    try:
        started = client.start_run(agent.remote_id, body)
    except MosaicError as error:
        note_error(agent.connection, error)
        if getattr(error, "may_have_acted", False):
            return _unconfirmed(run, token, f"{error} {LOST}", by)
        _not_started(run, token, error, by)
        raise
    agent.connection.note_contact(timezone.now())
    if not started.run_id:
        return _unconfirmed(run, token, NO_ID, by)
    return _started(run, started.run_id, by)


def choose_candidate(run: Run, remote_id: str, by: Actor) -> Run:
    """A person says which of several remote runs an unconfirmed start became."""
    found = [candidate for candidate in run.candidates if candidate.get("run_id") == remote_id]
    if run.status != statuses.UNCONFIRMED or not found:
        record(by, "run.choose", run, after={"refused": "not a candidate", "run_id": remote_id})
        raise ActionNotAllowed("That run is not, or no longer, one of those that this start may have become.")
    token = Run.objects.claim(run.pk, "choose", CLAIM_SECONDS, status=statuses.UNCONFIRMED)
    if token is None or not Run.objects.adopt(run, remote_id, token=token, status=statuses.RUNNING):
        if token is not None:
            Run.objects.release(run.pk, token, due_at=timezone.now())
        record(by, "run.choose", run, after={"refused": "taken", "run_id": remote_id})
        raise ActionNotAllowed("That run has been matched with another start meanwhile.")
    _event(run, statuses.UNCONFIRMED, statuses.RUNNING, "A person chose this run among several.", "Matched")
    record(by, "run.choose", run, before={"status": run.status}, after={"run_id": remote_id})
    # Other starts that waited for the same choice can be matched now.
    Run.objects.filter(connection=run.connection_id, status=statuses.UNCONFIRMED, claim_token=None).update(
        due_at=timezone.now()
    )
    return _fresh(run)


def abandon_start(run: Run, by: Actor) -> Run:
    """A person decides that an unconfirmed start made no run; they may then send it again."""
    ready = bool(run.candidates) or timezone.now() >= run.may_send_again_at
    if run.status != statuses.UNCONFIRMED or not ready:
        record(by, "run.abandon", run, after={"refused": run.status})
        raise ActionNotAllowed(
            "This start is still being looked for."
            if run.status == statuses.UNCONFIRMED
            else f"This start is no longer unconfirmed: it is {statuses.run_status(run.status).label.lower()}."
        )
    token = Run.objects.claim(run.pk, "abandon", CLAIM_SECONDS, status=statuses.UNCONFIRMED)
    if token is None:
        record(by, "run.abandon", run, after={"refused": "taken"})
        raise ActionNotAllowed("Somebody else is deciding about this start right now.")
    sentence = "A person decided that this start made no run."
    _settle(run, token, None, sentence, statuses.NOT_SENT, "Given up", candidates=[], finished_at=timezone.now())
    record(by, "run.abandon", run, before={"status": run.status}, after={"status": statuses.NOT_SENT})
    return _fresh(run)


def _intend(agent: Agent, version: AgentVersion | None, body: dict[str, Any], start_token: str, by: Actor) -> Run:
    until = timezone.now() + timedelta(seconds=CLAIM_SECONDS)
    with transaction.atomic():
        run = Run.objects.create(
            connection=agent.connection,
            agent=agent,
            agent_version=version,
            status=statuses.STARTING,
            start_token=start_token,
            body=body,
            inputs_count=count_inputs(body),
            started_by=by.user if getattr(by.user, "is_authenticated", False) else None,
            claim_token=uuid.uuid4(),
            claimed_until=until,
            claimed_for="start",
            due_at=until,
        )
        _event(run, "", statuses.STARTING, "The start was written down and is being sent.", "Start")
    return run


def _started(run: Run, remote_id: str, by: Actor) -> Run:
    # Without the token: should the claim have expired meanwhile, this answer is still the truth.
    if Run.objects.adopt(run, remote_id, token=None, status=statuses.RUNNING, status_message=""):
        _event(run, statuses.STARTING, statuses.RUNNING, f"Accepted as run {remote_id}.", "Start")
    record(by, "run.start", run, after={"run_id": remote_id, "agent": run.agent.name if run.agent else ""})
    return _fresh(run)


def _unconfirmed(run: Run, token: uuid.UUID, sentence: str, by: Actor) -> Run:
    _settle(run, token, timezone.now(), sentence, statuses.UNCONFIRMED, "Start")
    record(by, "run.start", run, after={"status": statuses.UNCONFIRMED, "why": sentence})
    return _fresh(run)


def _not_started(run: Run, token: uuid.UUID, error: MosaicError, by: Actor) -> None:
    status = statuses.REFUSED if isinstance(error, MosaicRejected) else statuses.NOT_SENT
    # Kept for everybody to read, and whoever may only look must not learn the links that a refusal quotes.
    why = mask_text(str(error))
    _settle(run, token, None, why, status, "Start", finished_at=timezone.now())
    record(by, "run.start", run, after={"status": status, "why": why})


def _settle(
    run: Run,
    token: uuid.UUID,
    next_due: datetime | None,
    sentence: str,
    status: str,
    label: str,
    **changes: Any,  # noqa: ANN401
) -> None:
    with transaction.atomic():
        if Run.objects.settle(
            run.pk, token, next_due=next_due, changed=True, status=status, status_message=sentence, **changes
        ):
            _event(run, run.status, status, sentence, label)


def _event(run: Run, before: str, after: str, text: str, label: str) -> None:
    source = RunEvent.Source.START if label == "Start" else RunEvent.Source.ACTION
    RunEvent.objects.create(run=run, source=source, label=label, status_before=before, status_after=after, text=text)


def _fresh(run: Run) -> Run:
    return Run.objects.select_related("connection", "agent", "agent_version", "started_by").get(pk=run.pk)
