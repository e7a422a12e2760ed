"""What people do to a run: cancel it, resume it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from runs.engine.execution import ledger, words
from runs.engine.execution.runtime import DONE, OPEN, locked, queue_ready
from runs.engine.http.refusals import conflict
from runs.engine.models import EngineRun, RuntimeEdge, RuntimeNode
from runs.engine.nodes.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

RESUMABLE_RUNS = ("failed", "cancelled")
RESUMABLE_NODES = ("not_started", "blocked", "cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Cancelled:
    """``tasks`` were being worked on, ``nodes`` is everything that became ``cancelled``."""

    tasks: int
    nodes: int


def cancel(run: EngineRun) -> Cancelled:
    """End a running run. Workers notice that their lease is gone and stop FFmpeg; 409 when it has ended already."""
    with transaction.atomic():
        run = locked(run.pk)
        if run.status != "running":
            raise conflict(f"This run is {run.status.replace('_', ' ')} already, so there is nothing to cancel.")
        now = timezone.now()
        open_nodes = RuntimeNode.objects.filter(run=run, status__in=OPEN)
        counts = open_nodes.aggregate(all=Count("pk"), running=Count("pk", filter=Q(status="running")))
        # Also what waits may have been charged: a worker that ends in order puts its node back into the queue.
        ledger.refund(run, open_nodes.values_list("pk", flat=True))
        open_nodes.update(
            status="cancelled", status_message=words.CANCELLED, lease_token=None, lease_until=None, finished_at=now
        )
        EngineRun.objects.filter(pk=run.pk).update(
            status="cancelled",
            status_message=words.cancelled(counts["running"], counts["all"] - counts["running"]),
            finished_at=now,
            updated_at=now,
        )
    return Cancelled(tasks=counts["running"], nodes=counts["all"])


@dataclass(frozen=True, slots=True)
class Resumed:
    """``considered`` nodes had not completed, ``requeued`` start over, ``queued`` of these are ready at once."""

    considered: int
    requeued: int
    queued: int


def resume(run: EngineRun) -> Resumed:
    """Let the nodes that did not complete start over; completed ones keep their renders, sources are left as they are.

    409 unless the run failed or was cancelled, and when nothing could be done because only sources failed.
    """
    with transaction.atomic():
        run = locked(run.pk)
        if run.status not in RESUMABLE_RUNS:
            raise conflict(
                f"Only a failed or cancelled run can be resumed; this one is {run.status.replace('_', ' ')}."
            )
        nodes = list(RuntimeNode.objects.filter(run=run).annotate(render_count=Count("renders")))
        again, stranded = _sort_out(run, nodes)
        if not again:
            raise conflict(_nothing_to_resume(nodes))
        RuntimeNode.objects.filter(pk__in=again).update(
            status="not_started",
            status_message="",
            errors=[],
            needs_credits=False,
            lease_token=None,
            lease_until=None,
            queued_at=None,
            started_at=None,
            finished_at=None,
        )
        RuntimeNode.objects.filter(pk__in=stranded, status__in=("cancelled", "not_started")).update(
            status="blocked", status_message=words.SOURCE_CANCELLED
        )
        EngineRun.objects.filter(pk=run.pk).update(
            status="running",
            status_message="",
            resumed=run.resumed + 1,
            finished_at=None,
            updated_at=timezone.now(),
        )
        roots = RuntimeNode.objects.filter(pk__in=again, in_edges=None)
        queued = roots.update(status="queued", queued_at=timezone.now()) + queue_ready(run)
    considered = sum(node.status in RESUMABLE_NODES for node in nodes)
    return Resumed(considered=considered, requeued=len(again), queued=queued)


def _sort_out(run: EngineRun, nodes: Sequence[RuntimeNode]) -> tuple[list[UUID], list[UUID]]:
    """The nodes that can start over, and those that cannot because a source before them is gone.

    In neither: what has its renders, sources, and nodes for which there is nothing to do (no clip, not connected).
    """
    by_id = {node.pk: node for node in nodes}
    before: dict[UUID, list[tuple[UUID, int | None]]] = {}
    for source, target, clip in RuntimeEdge.objects.filter(run=run).values_list(
        "source_id", "target_id", "render_index"
    ):
        before.setdefault(target, []).append((source, clip))
    verdicts: dict[UUID, str] = {}

    def verdict(node_id: UUID) -> str:
        """``done``, ``again``, ``idle`` or ``stranded``; predecessors first, without recursion (graphs may be deep)."""
        waiting = [node_id]
        while waiting:
            here = waiting[-1]
            open_ones = [source for source, _ in before.get(here, ()) if source not in verdicts]
            if open_ones and here not in verdicts:
                waiting.extend(open_ones)
                continue
            waiting.pop()
            verdicts[here] = _judge(by_id[here], [(by_id[s], verdicts[s], clip) for s, clip in before.get(here, ())])
        return verdicts[node_id]

    again = [node.pk for node in nodes if verdict(node.pk) == "again"]
    stranded = [node.pk for node in nodes if verdict(node.pk) == "stranded" and not _is_source(node)]
    return again, stranded


def _judge(node: RuntimeNode, before: Sequence[tuple[RuntimeNode, str, int | None]]) -> str:
    if node.status in DONE:
        return "done"
    if _is_source(node):
        return "stranded"
    if any(verdict == "stranded" for _, verdict, _ in before):
        return "stranded"
    if any(verdict == "idle" for _, verdict, _ in before) or node.status_message == words.NOTHING_CONNECTED:
        return "idle"
    for source, verdict, clip in before:
        if verdict == "done" and _renders(source) <= (clip or 0):
            return "idle"
    return "again"


def _renders(node: RuntimeNode) -> int:
    return int(getattr(node, "render_count", 0))


def _is_source(node: RuntimeNode) -> bool:
    kind = CATALOGUE.get(node.node_type_id)
    return kind is not None and kind.is_source


def _nothing_to_resume(nodes: Sequence[RuntimeNode]) -> str:
    names = {ledger.type_name(node.node_type_id) for node in nodes if _is_source(node) and node.status not in DONE}
    if names:
        return f"Only {' and '.join(sorted(names))} did not finish, and sources are never resumed. Start a new run."
    return "Nothing in this run can be resumed. Start a new run."
