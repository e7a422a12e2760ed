"""Nodes, inputs and outputs of a run: what an answer adds or changes, and the timeline lines that tell it.

Signed addresses differ in each answer. They are kept fresh, and are never news.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models

from runs import statuses
from runs.client.payloads import NodeCounts
from runs.models import Output, RunEvent, RunInput, RunNode

if TYPE_CHECKING:
    from datetime import datetime

    from runs.client.payloads import RunDetail, RunOutput, RuntimeNode
    from runs.models import Run

# Addresses younger than this are not written again at each poll.
ADDRESS_SECONDS = 600
NODE_FIELDS = ("original_node_id", "type_id", "type_name", "status", "status_message", "errors", "needs_credits")
NODE_TIMES = ("running_seen_at", "finished_seen_at")
OUTPUT_FIELDS = ("video_url", "thumbnail_url", "premiere_url", "completed_at", "original_node_id", "refreshed_at")
WAITING = (statuses.NOT_STARTED, statuses.QUEUED, "")
RowT = TypeVar("RowT", bound=models.Model)

ACTIVE = (statuses.RUNNING, statuses.QUEUED, statuses.NOT_STARTED)


@dataclass
class News:
    """Rows to write when the run has been settled; ``is_visible`` when any of it shows on a page."""

    events: list[RunEvent] = field(default_factory=list)
    is_visible: bool = False
    _created: list[models.Model] = field(default_factory=list)
    _updated: list[tuple[models.Model, tuple[str, ...]]] = field(default_factory=list)
    _gone: list[models.Model] = field(default_factory=list)

    def create(self, row: models.Model) -> None:
        """A row that is seen for the first time."""
        self._created.append(row)
        self.is_visible = True

    def update(self, row: models.Model, fields: tuple[str, ...], *, visible: bool) -> None:
        """A row with other values."""
        self._updated.append((row, fields))
        self.is_visible |= visible

    def remove(self, row: models.Model) -> None:
        """A row that the remote no longer has."""
        self._gone.append(row)
        self.is_visible = True

    def save(self) -> None:
        """Write the rows; inside the transaction that settled the run."""
        for kind in (RunNode, RunInput, Output):
            self._save_kind(kind)
        for row in self._gone:
            row.delete()

    def _save_kind(self, kind: type[RowT]) -> None:
        created = [row for row in self._created if isinstance(row, kind)]
        kind._default_manager.bulk_create(created)
        updated = [row for row, _ in self._updated if isinstance(row, kind)]
        if updated:
            fields = {name for row, names in self._updated if isinstance(row, kind) for name in names}
            kind._default_manager.bulk_update(updated, sorted(fields), batch_size=200)


def compare(run: Run, detail: RunDetail, nodes: tuple[RuntimeNode, ...] | None, now: datetime) -> News:
    """What the answer says beyond what is stored."""
    news = News()
    names: dict[str, str] = {}
    if nodes is not None:
        _nodes(run, nodes, now, news)
        names = {node.original_node_id: node.type.name for node in nodes if node.original_node_id}
    if detail.inputs is not None:
        _inputs(run, detail, now, news)
    if detail.outputs is not None:
        _outputs(run, detail.outputs, names, now, news)
    return news


def count(nodes: tuple[RuntimeNode, ...] | None) -> NodeCounts | None:
    """The three counts from the nodes, for an answer that has none of its own."""
    if not nodes:
        return None
    found = [node.status for node in nodes]
    return NodeCounts(
        completed=sum(status in (statuses.COMPLETED, statuses.PARTIAL_COMPLETE) for status in found),
        in_progress=sum(status in ACTIVE for status in found),
        failed=sum(status in (statuses.FAILED, statuses.BLOCKED) for status in found),
    )


def _nodes(run: Run, nodes: tuple[RuntimeNode, ...], now: datetime, news: News) -> None:
    known = {row.remote_id: row for row in RunNode.objects.filter(run=run)}
    # Of a run that was found when it had gone on for a while, nobody learned the steps one by one.
    first_look = run.synced_at is None and run.body is None
    added = 0
    for position, node in enumerate({node.id: node for node in nodes}.values()):
        row = known.pop(node.id, None)
        is_new = row is None
        row = row or RunNode(run=run, remote_id=node.id, status="", position=position)
        before = row.status
        if not _take_over(row, node, now) and not is_new:
            continue
        if is_new:
            added += 1
            news.create(row)
        else:
            news.update(row, NODE_FIELDS + NODE_TIMES, visible=True)
        if row.status != before and not first_look and not (is_new and row.status in WAITING):
            news.events.append(_node_event(row, before))
    if nodes:
        for row in known.values():
            news.remove(row)
    if added and run.synced_at is not None:
        text = "One node was added." if added == 1 else f"{added} nodes were added."
        news.events.append(RunEvent(run=run, source=RunEvent.Source.POLL, label="Nodes", text=text))


def _take_over(row: RunNode, node: RuntimeNode, now: datetime) -> bool:
    """Give the row the answer's values; whether any differs. A node without a status keeps the one it had."""
    values: dict[str, Any] = {
        "original_node_id": node.original_node_id or "",
        "type_id": node.type.id or row.type_id,
        "type_name": (node.type.name or row.type_name)[:200],
        "status": (node.status or row.status)[:40],
        "status_message": node.status_message,
        "errors": list(node.errors),
        "needs_credits": node.needs_credits,
    }
    if all(getattr(row, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    if row.status == statuses.RUNNING and row.running_seen_at is None:
        row.running_seen_at = now
    if statuses.node_status(row.status).is_terminal:
        row.finished_seen_at = row.finished_seen_at or now
    else:
        row.finished_seen_at = None
        if row.status != statuses.RUNNING:
            row.running_seen_at = None
    return True


def _node_event(row: RunNode, before: str) -> RunEvent:
    return RunEvent(
        run=row.run,
        source=RunEvent.Source.POLL,
        node_remote_id=row.remote_id,
        original_node_id=row.original_node_id,
        label=row.type_name or "Node",
        status_before=before,
        status_after=row.status,
        text="\n".join(row.errors) or row.status_message,
    )


def _inputs(run: Run, detail: RunDetail, now: datetime, news: News) -> None:
    known = {row.position: row for row in RunInput.objects.filter(run=run)}
    for position, found in enumerate(detail.inputs or ()):
        row = known.pop(position, None)
        if row is None:
            row = RunInput(run=run, position=position, refreshed_at=now)
            row.video_url, row.thumbnail_url = found.video_url, found.thumbnail_url
            news.create(row)
            continue
        appeared = bool(found.thumbnail_url) != bool(row.thumbnail_url) or bool(found.video_url) != bool(row.video_url)
        if appeared or _is_old(row.refreshed_at, now):
            row.video_url, row.thumbnail_url, row.refreshed_at = found.video_url, found.thumbnail_url, now
            news.update(row, ("video_url", "thumbnail_url", "refreshed_at"), visible=appeared)


def _outputs(run: Run, outputs: tuple[RunOutput, ...], names: dict[str, str], now: datetime, news: News) -> None:
    """Outputs that are no longer listed stay: what was made once can be fetched until its address fails."""
    known = {row.remote_id: row for row in Output.objects.filter(run=run)}
    for position, found in enumerate({output.id: output for output in outputs}.values()):
        row = known.get(found.id)
        is_new = row is None
        row = row or Output(run=run, remote_id=found.id, position=position, refreshed_at=now)
        seen = _shown(row)
        fields = {
            "video_url": found.video_url or row.video_url,
            "thumbnail_url": found.thumbnail_url or row.thumbnail_url,
            "premiere_url": found.premiere_url or row.premiere_url,
            "completed_at": found.completed_at or row.completed_at,
            "original_node_id": found.original_node_id or row.original_node_id,
        }
        old = _is_old(row.refreshed_at, now)
        for name, value in fields.items():
            setattr(row, name, value)
        if is_new:
            news.create(row)
            news.events.append(_output_event(row, names))
        elif _shown(row) != seen or old:
            row.refreshed_at = now
            news.update(row, OUTPUT_FIELDS, visible=_shown(row) != seen)


def _shown(row: Output) -> tuple[object, ...]:
    """What of an output shows on a page: which addresses there are, not what they read."""
    addresses = (row.video_url, row.thumbnail_url, row.premiere_url)
    return (*map(bool, addresses), row.completed_at, row.original_node_id)


def _output_event(row: Output, names: dict[str, str]) -> RunEvent:
    return RunEvent(
        run=row.run,
        source=RunEvent.Source.POLL,
        original_node_id=row.original_node_id,
        label="Output",
        text=f"A video of {names.get(row.original_node_id) or 'an unassigned node'} is ready.",
    )


def _is_old(refreshed_at: datetime, now: datetime) -> bool:
    return now - refreshed_at > timedelta(seconds=ADDRESS_SECONDS)
