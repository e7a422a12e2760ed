"""Runs that were started elsewhere: found in the remote's list, never taken from a start that still has no answer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from runs import statuses
from runs.models import Agent, Run, RunEvent
from runs.sync import starts

if TYPE_CHECKING:
    from runs.client import MosaicClient
    from runs.client.payloads import RunSummary
    from runs.models import Connection

PAGE_LENGTH = 100
PAGES = 10
# Finished runs are read in full one after the other, not all at once.
APART_SECONDS = 0.5


def import_runs(connection: Connection, client: MosaicClient) -> None:
    """Read the newest pages of the list until one holds nothing new.

    Known runs whose status is another one meanwhile (resumed elsewhere) become due.
    """
    cursor: str | None = None
    for _ in range(PAGES):
        page = client.agent_runs(limit=PAGE_LENGTH, cursor=cursor)
        imported = _take_in(connection, page.runs)
        if not imported or page.next_cursor is None or page.next_cursor == cursor:
            return
        cursor = page.next_cursor


def _take_in(connection: Connection, summaries: tuple[RunSummary, ...]) -> int:
    with transaction.atomic():
        known = {
            run.remote_id: run
            for run in Run.objects.filter(connection=connection, remote_id__in=[one.run_id for one in summaries])
        }
        waiting = starts.unanswered(connection.pk)
        agents = {
            agent.remote_id: agent
            for agent in Agent.objects.filter(connection=connection, remote_id__in={one.agent_id for one in summaries})
        }
        imported = 0
        for summary in {one.run_id: one for one in summaries}.values():
            run = known.get(summary.run_id)
            if run is not None:
                _wake(run, summary)
            elif not starts.could_be_a_start(summary, waiting):
                _import(connection, summary, agents.get(summary.agent_id), imported)
                imported += 1
    return imported


def _import(connection: Connection, summary: RunSummary, agent: Agent | None, number: int) -> None:
    now = timezone.now()
    is_terminal = statuses.run_status(summary.status).is_terminal
    counts = summary.counts
    run = Run.objects.create(
        connection=connection,
        agent=agent,
        agent_version=agent.current_version if agent else None,
        remote_id=summary.run_id,
        status=summary.status[:40] or statuses.RUNNING,
        status_message=summary.status_message,
        nodes_completed=counts.completed if counts else 0,
        nodes_in_progress=counts.in_progress if counts else 0,
        nodes_failed=counts.failed if counts else 0,
        inputs_count=len(summary.inputs or ()),
        triggered_by=summary.triggered_by,
        created_at=summary.started_at or now,
        started_at=summary.started_at,
        finished_at=(summary.updated_at or now) if is_terminal else None,
        due_at=now + timedelta(seconds=number * APART_SECONDS if is_terminal else 0),
    )
    RunEvent.objects.create(
        run=run,
        at=now,
        source=RunEvent.Source.POLL,
        label="Run",
        status_after=run.status,
        text=f"Found at {connection.name}; it was started elsewhere.",
    )


def _wake(run: Run, summary: RunSummary) -> None:
    """Have a finished run looked at again when the list tells another status than the one we know."""
    if run.is_terminal and summary.status and summary.status != run.status:
        Run.objects.make_due(run.pk)
