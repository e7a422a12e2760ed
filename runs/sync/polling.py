"""One due run: ask for it and its nodes, write what is new in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from runs import statuses
from runs.client import MosaicError
from runs.models import Agent, Run, RunEvent
from runs.sync import parts, starts, trouble
from runs.sync.pace import after_trouble, next_poll

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from runs.client import MosaicClient
    from runs.client.payloads import NodeCounts, RunDetail, RuntimeNode

# Longer than two answers are waited for, with their repeats.
CLAIM_SECONDS = 180
ALL = 100


def reconcile_run(pk: uuid.UUID, client: MosaicClient) -> None:
    """Look at a run that is due; nothing happens when it is not, or when somebody else has it."""
    token = Run.objects.claim(pk, "sync", CLAIM_SECONDS, due_at__lte=timezone.now())
    if token is None:
        return
    run = Run.objects.select_related("connection", "agent").get(pk=pk)
    if run.remote_id is not None:
        _poll(run, run.remote_id, token, client)
    elif run.status == statuses.STARTING:
        starts.mark_unconfirmed(run, token)
    elif run.status == statuses.UNCONFIRMED:
        starts.look_for(run, token, client)
    else:
        Run.objects.settle(pk, token, next_due=None, changed=False)


def _poll(run: Run, remote_id: str, token: uuid.UUID, client: MosaicClient) -> None:
    try:
        detail = client.run(remote_id)
    except MosaicError as error:
        trouble.settle_failed(run, token, error, timezone.now())
        return
    nodes: tuple[RuntimeNode, ...] | None = None
    nodes_error: MosaicError | None = None
    try:
        nodes = client.run_nodes(remote_id)
    except MosaicError as error:
        nodes_error = error
    now = timezone.now()
    if nodes_error is None:
        run.connection.note_contact(now)
    else:
        trouble.note(run.connection, nodes_error, now)
    _write(run, token, detail, nodes, nodes_error, now)


def _write(
    run: Run,
    token: uuid.UUID,
    detail: RunDetail,
    nodes: tuple[RuntimeNode, ...] | None,
    nodes_error: MosaicError | None,
    now: datetime,
) -> None:
    """Compare, settle under the claim, then write the parts; all or nothing."""
    with transaction.atomic():
        news = parts.compare(run, detail, nodes, now)
        changes = _changes(run, detail, nodes, now)
        if nodes_error is not None:
            changes["sync_error"] = str(nodes_error)[:500]
        changes = {name: value for name, value in changes.items() if getattr(run, name) != value}
        changed = bool(changes) or news.is_visible
        status = str(changes.get("status", run.status))
        failures = 0 if nodes_error is None else run.sync_failures + 1
        if nodes_error is not None:
            due: datetime | None = after_trouble(failures, nodes_error, now)
        elif statuses.run_status(status).is_terminal:
            due = None
        else:
            due = next_poll(run, status, now if changed else run.changed_at, now)
        if not Run.objects.settle(
            run.pk, token, next_due=due, changed=changed, synced_at=now, sync_failures=failures, **changes
        ):
            return
        news.save()
        RunEvent.objects.bulk_create([*_run_events(run, detail, status, changes), *news.events])


def _changes(run: Run, detail: RunDetail, nodes: tuple[RuntimeNode, ...] | None, now: datetime) -> dict[str, Any]:
    """The run's own values as the answer has them; what the answer leaves out keeps its value."""
    status = detail.status or run.status
    is_terminal = statuses.run_status(status).is_terminal
    changes: dict[str, Any] = {
        "status": status,
        "status_message": detail.status_message,
        "needs_credits": detail.needs_credits or any(node.needs_credits for node in nodes or ()),
        "errors": [
            {"original_node_id": error.original_node_id, "messages": list(error.messages)} for error in detail.errors
        ],
        "finished_at": (run.finished_at or now) if is_terminal else None,
        "started_at": detail.started_at or run.started_at,
        "sync_error": "",
    }
    if detail.triggered_by is not None:
        changes["triggered_by"] = detail.triggered_by
    if detail.inputs is not None and run.body is None:
        changes["inputs_count"] = len(detail.inputs)
    if status != run.status:
        changes["dismissed_at"] = None
    if run.agent_id is None and detail.agent_id:
        agent = Agent.objects.filter(connection=run.connection_id, remote_id=detail.agent_id).first()
        if agent is not None:
            changes |= {"agent_id": agent.pk, "agent_version_id": agent.current_version_id}
    return changes | _counts(run, status, detail.counts or parts.count(nodes))


def _counts(run: Run, status: str, counts: NodeCounts | None) -> dict[str, int]:
    """Counts and the share done; what is complete stays complete on screen, whatever order answers come in."""
    if counts is None:
        return {}
    completed = max(run.nodes_completed, counts.completed)
    total = completed + counts.in_progress + counts.failed
    share = ALL * completed // total if total else 0
    progress = ALL if status == statuses.COMPLETED else min(ALL - 1, max(run.progress, share))
    return {
        "nodes_completed": completed,
        "nodes_in_progress": counts.in_progress,
        "nodes_failed": counts.failed,
        "progress": max(run.progress, progress),
    }


def _run_events(run: Run, detail: RunDetail, status: str, changes: dict[str, Any]) -> list[RunEvent]:
    found = []
    if status != run.status:
        found.append(
            RunEvent(
                run=run,
                source=RunEvent.Source.POLL,
                label="Run",
                status_before=run.status,
                status_after=status,
                text=detail.status_message,
            )
        )
    if changes.get("needs_credits") is True:
        found.append(RunEvent(run=run, source=RunEvent.Source.POLL, label="Credits", text="The run waits for credits."))
    return found
