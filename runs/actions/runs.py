"""Resume, cancel, dismiss: claim the run, call the remote outside any transaction, settle."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from runs import statuses
from runs.actions.audit import ActionNotAllowed, record
from runs.actions.usable import note_error, require_usable
from runs.client import MosaicError, MosaicRejected
from runs.models import Run, RunEvent

if TYPE_CHECKING:
    import uuid

    from runs.access import Actor
    from runs.client import MosaicClient

# A live call is over by then; only a dead process lets a claim expire.
CLAIM_SECONDS = settings.MOSAIC_LEASE_SECONDS + 10
CONFLICT = 409
# After a lost answer the remote gets a moment before it is asked what happened.
LOOK_AGAIN_SECONDS = 1


def resume_run(run: Run, client: MosaicClient, by: Actor) -> Run:
    """Queue again what failed, was blocked, cancelled or never started; finished renders are kept.

    Raises ActionNotAllowed (not resumable, somebody else is at it, or a 409 in the remote's words) or MosaicError.
    """
    token = _take(run, "resume", run.can_resume, by)
    try:
        result = client.resume_run(str(run.remote_id))
    except MosaicError as error:
        raise _failed(run, token, "resume", error, by) from error
    again, considered = result.nodes_again, result.nodes_considered
    return _done(
        run,
        token,
        "resume",
        by,
        _queued_text(again, considered),
        after={"nodes_queued": result.nodes_queued, "nodes_considered": considered, "requeued_nodes": again},
        status=statuses.RUNNING,
        status_message="",
        needs_credits=False,
        finished_at=None,
        dismissed_at=None,
    )


def cancel_run(run: Run, client: MosaicClient, by: Actor) -> Run:
    """Stop the run; finished outputs stay.

    Raises ActionNotAllowed (it has finished, or somebody else is at it) or MosaicError.
    """
    token = _take(run, "cancel", run.can_cancel, by)
    try:
        result = client.cancel_run(str(run.remote_id))
    except MosaicError as error:
        raise _failed(run, token, "cancel", error, by) from error
    # An answer that stopped nothing may mean that there was nothing left to stop: the next look will tell.
    stopped = (result.tasks_cancelled, result.nodes_reset) != (0, 0)
    changes = {"status": statuses.CANCELLED, "finished_at": timezone.now()} if stopped else {}
    return _done(
        run,
        token,
        "cancel",
        by,
        result.message or "Cancelled.",
        after={"tasks_cancelled": result.tasks_cancelled, "nodes_reset": result.nodes_reset},
        **changes,
    )


def dismiss_run(run: Run, by: Actor) -> None:
    """Take the run off the list of what needs somebody, until it changes again; a second click changes nothing.

    Raises ActionNotAllowed for a run that needs nobody.
    """
    if Run.objects.dismiss(run.pk):
        record(by, "run.dismiss", run, after={"status": run.status})
    elif not Run.objects.filter(pk=run.pk, dismissed_at__isnull=False).exists():
        label = statuses.run_status(run.status).label.lower()
        sentence = f"The run is not on the list of what needs somebody: it is {label}."
        record(by, "run.dismiss", run, before={"status": run.status}, after={"refused": sentence})
        raise ActionNotAllowed(sentence)


def _take(run: Run, verb: str, possible: bool, by: Actor) -> uuid.UUID:
    """Claim the run as the person saw it, or say why not."""
    require_usable(run.connection, f"run.{verb}", run, by)
    token = Run.objects.claim(run.pk, verb, CLAIM_SECONDS, status=run.status) if possible else None
    if token is not None:
        return token
    now = Run.objects.filter(pk=run.pk).values_list("status", flat=True).first() or run.status
    label = statuses.run_status(now).label.lower()
    if not possible or now != run.status:
        sentence = f"The run cannot be {PAST[verb]}: it is {label}."
    else:
        sentence = "Somebody else is acting on this run right now."
    record(by, f"run.{verb}", run, before={"status": run.status}, after={"refused": sentence})
    raise ActionNotAllowed(sentence)


PAST = {"resume": "resumed", "cancel": "cancelled"}


def _queued_text(queued: int | None, considered: int | None) -> str:
    """What the remote counted, as far as it said."""
    if queued is None:
        return "Resumed."
    if considered is None or considered == queued:
        return "1 node queued again." if queued == 1 else f"{queued} nodes queued again."
    return f"{queued} of {considered} nodes queued again."


def _done(
    run: Run,
    token: uuid.UUID,
    verb: str,
    by: Actor,
    text: str,
    *,
    after: dict[str, Any],
    **changes: Any,  # noqa: ANN401
) -> Run:
    """Settle what the remote confirmed; the run is due now, for the whole truth."""
    run.connection.note_contact(timezone.now())
    status = str(changes.get("status", run.status))
    with transaction.atomic():
        if Run.objects.settle(
            run.pk, token, next_due=timezone.now(), changed=True, sync_failures=0, sync_error="", **changes
        ):
            _event(run, verb, text, status if status != run.status else "")
    record(by, f"run.{verb}", run, before={"status": run.status}, after={"status": status, **after})
    return Run.objects.select_related("connection", "agent", "agent_version", "started_by").get(pk=run.pk)


def _failed(run: Run, token: uuid.UUID, verb: str, error: MosaicError, by: Actor) -> Exception:
    """Settle without a change of state, and have the truth looked up; answers what to raise."""
    note_error(run.connection, error)
    lost = bool(getattr(error, "may_have_acted", False))
    due = timezone.now() + timedelta(seconds=LOOK_AGAIN_SECONDS if lost else 0)
    with transaction.atomic():
        if Run.objects.settle(run.pk, token, next_due=due, changed=True):
            _event(run, verb, f"{error} We will find out what happened." if lost else str(error), "")
    record(by, f"run.{verb}", run, before={"status": run.status}, after={"error": str(error)})
    if isinstance(error, MosaicRejected) and error.status == CONFLICT:
        return ActionNotAllowed(error.text or f"The run cannot be {PAST[verb]} in the state it is in.")
    return error


def _event(run: Run, verb: str, text: str, status_after: str) -> None:
    RunEvent.objects.create(
        run=run,
        source=RunEvent.Source.ACTION,
        label=verb.capitalize(),
        status_before=run.status if status_after else "",
        status_after=status_after,
        text=text,
    )
