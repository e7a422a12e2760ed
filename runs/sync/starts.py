"""Starts whose answer was lost: find the run they made, among those that no other start has claimed.

A remote run fits a start when it is of the same agent, began between the sending and the loss of the answer (give or
take what clocks and queues may add), and has as many inputs. Exactly one: it is taken. Several: a person chooses. None
within ten minutes: the looking ends.

Others may use the same key, and their runs must not be taken for ours: what began minutes before or after the request,
or was known here before it, is never taken without a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from runs import statuses
from runs.client import MosaicError
from runs.models import Run, RunEvent
from runs.sync import trouble

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from runs.client import MosaicClient
    from runs.client.payloads import RunSummary

# What a person is shown: clocks may be wrong, and a request may wait on its way.
BEFORE, AFTER = timedelta(minutes=2), timedelta(minutes=3)
# What is taken without asking; the clocks have been compared by then, to a second or so.
JUST_BEFORE, JUST_AFTER = timedelta(seconds=5), timedelta(seconds=30)
PAGES = 5
PAGE_LENGTH = 100
QUICK_SECONDS, SLOW_SECONDS = 2, 10
QUICK_FOR = timedelta(minutes=1)
# A remote that has not listed the inputs yet gets so long before a person is asked.
UNSURE_FOR = timedelta(minutes=1)

LOST = "Nobody knows whether the start arrived: the program ended while it was being sent. Looking for the run."
NOT_FOUND = "No run that fits was found within ten minutes. It was probably never started."
CHOOSE = "Several runs may be the one that was started. Choose the right one."


@dataclass(frozen=True, slots=True)
class Found:
    """Runs that fit a start, and those that may: their inputs are not listed yet, or they began rather far off."""

    fitting: tuple[RunSummary, ...]
    unlisted: tuple[RunSummary, ...] = ()
    distant: tuple[RunSummary, ...] = ()


def mark_unconfirmed(run: Run, token: uuid.UUID) -> None:
    """A start whose sender died: its claim has expired, and nobody knows what became of it."""
    _settle(run, token, timezone.now(), status=statuses.UNCONFIRMED, status_message=LOST, event=LOST)


def look_for(run: Run, token: uuid.UUID, client: MosaicClient) -> None:
    """One look for the run that an unconfirmed start may have made."""
    try:
        found = _search(run, client)
    except MosaicError as error:
        trouble.settle_failed(run, token, error, timezone.now())
        return
    now = timezone.now()
    run.connection.note_contact(now)
    if len(found.fitting) == 1 and not found.unlisted and not _rivals(run, found.fitting[0], client.clock_ahead):
        remote_id = found.fitting[0].run_id
        text = f"The lost start was matched with run {remote_id}: same agent, time and number of inputs."
        if _adopt(run, token, remote_id, text):
            return
    _keep_looking(run, token, found, now)


def could_be_a_start(summary: RunSummary, starts: Iterable[Run]) -> bool:
    """Whether a run found in a list may be one that an unanswered start made; it is then left for that start.

    Not for ever: it may be somebody else's, and a start whose time is over can still take a run that was imported.
    """
    now = timezone.now()
    return any(
        start.agent is not None
        and start.agent.remote_id == summary.agent_id
        and now < start.may_send_again_at
        and _in_window(start, summary.started_at)
        for start in starts
    )


def unanswered(connection_id: uuid.UUID) -> list[Run]:
    """Starts of the connection that may yet turn out to have made a run."""
    return list(
        Run.objects.filter(
            connection=connection_id, remote_id=None, status__in=(statuses.STARTING, statuses.UNCONFIRMED)
        ).select_related("agent")
    )


def _search(run: Run, client: MosaicClient) -> Found:
    summaries: list[RunSummary] = []
    cursor: str | None = None
    agent_id = run.agent.remote_id if run.agent else None
    for _ in range(PAGES):
        page = client.agent_runs(agent_id, limit=PAGE_LENGTH, cursor=cursor, from_=run.created_at - BEFORE)
        summaries += page.runs
        cursor = page.next_cursor
        if cursor is None:
            break
    # The filters of the API are not relied on.
    near = [one for one in summaries if one.agent_id in ("", agent_id) and _in_window(run, one.started_at)]
    known = Run.objects.filter(connection=run.connection_id, remote_id__in=[one.run_id for one in near])
    others = set(
        # Another start's, or here before this one was sent.
        known.filter(~Q(start_token=None) | Q(events__at__lt=run.created_at)).values_list("remote_id", flat=True)
    )
    free = list({one.run_id: one for one in near if one.run_id not in others}.values())
    alike = [one for one in free if one.inputs is not None and len(one.inputs) == run.inputs_count]
    unlisted = [one for one in free if not one.inputs and run.inputs_count]
    begun_then = _Moments(run, client.clock_ahead)
    return Found(
        fitting=tuple(one for one in alike if begun_then.hold(one)),
        unlisted=tuple(one for one in unlisted if begun_then.hold(one)),
        distant=tuple(one for one in (*alike, *unlisted) if not begun_then.hold(one)),
    )


class _Moments:
    """When a start was under way, by the remote's clock."""

    def __init__(self, start: Run, ahead: float) -> None:
        lost = start.events.filter(status_after=statuses.UNCONFIRMED).order_by("at").first()
        shift = timedelta(seconds=ahead)
        self._first = start.created_at - JUST_BEFORE + shift
        self._last = (lost.at if lost else timezone.now()) + JUST_AFTER + shift

    def hold(self, summary: RunSummary) -> bool:
        """Whether the remote run began then; True when the remote does not say when it began."""
        return summary.started_at is None or self._first <= summary.started_at <= self._last


def _rivals(run: Run, found: RunSummary, ahead: float) -> bool:
    """Whether another unanswered start could have made the same run."""
    others = Run.objects.filter(
        connection=run.connection_id,
        agent=run.agent_id,
        remote_id=None,
        status__in=(statuses.STARTING, statuses.UNCONFIRMED),
        inputs_count=run.inputs_count,
        created_at__range=(run.created_at - BEFORE - AFTER, run.created_at + BEFORE + AFTER),
    ).exclude(pk=run.pk)
    return any(_Moments(other, ahead).hold(found) for other in others)


def _adopt(run: Run, token: uuid.UUID, remote_id: str, text: str) -> bool:
    with transaction.atomic():
        if not Run.objects.adopt(run, remote_id, token=token, status=statuses.RUNNING, status_message=""):
            return False
        RunEvent.objects.create(
            run=run,
            source=RunEvent.Source.POLL,
            label="Start",
            status_before=run.status,
            status_after=statuses.RUNNING,
            text=text,
        )
    return True


def _keep_looking(run: Run, token: uuid.UUID, found: Found, now: datetime) -> None:
    age = now - run.created_at
    over = now >= run.may_send_again_at
    shown: Sequence[RunSummary] = found.fitting
    if found.unlisted and (age > UNSURE_FOR or found.fitting):
        shown = (*shown, *found.unlisted)
    if age > UNSURE_FOR:
        shown = (*shown, *found.distant)
    candidates = [_candidate(one) for one in shown]
    due = None if over else now + timedelta(seconds=QUICK_SECONDS if age < QUICK_FOR else SLOW_SECONDS)
    changes: dict[str, Any] = {}
    event = ""
    if [one["run_id"] for one in candidates] != [one.get("run_id") for one in run.candidates]:
        changes["candidates"] = candidates
    if candidates and run.status_message != CHOOSE:
        changes["status_message"] = event = CHOOSE
    elif over and not candidates and run.status_message != NOT_FOUND:
        changes["status_message"] = event = NOT_FOUND
    _settle(run, token, due, event=event, **changes)


def _candidate(summary: RunSummary) -> dict[str, Any]:
    return {
        "run_id": summary.run_id,
        "status": summary.status,
        "started_at": summary.started_at.isoformat() if summary.started_at else None,
        "inputs": len(summary.inputs or ()),
    }


def _in_window(run: Run, started_at: datetime | None) -> bool:
    return started_at is None or run.created_at - BEFORE <= started_at <= run.created_at + AFTER


def _settle(run: Run, token: uuid.UUID, due: datetime | None, *, event: str, **changes: Any) -> None:  # noqa: ANN401
    status = changes.get("status", run.status)
    changed = bool(changes) or bool(run.sync_error)
    with transaction.atomic():
        settled = Run.objects.settle(
            run.pk, token, next_due=due, changed=changed, sync_failures=0, sync_error="", **changes
        )
        if settled and event:
            RunEvent.objects.create(
                run=run,
                source=RunEvent.Source.POLL,
                label="Start",
                status_before=run.status if status != run.status else "",
                status_after=status if status != run.status else "",
                text=event,
            )
