"""The life of a run: clones are made, become ready, finish or fail, and the run ends when nothing is left to do.

Every change is one transaction that first locks the run's row and is conditional on the state it expects, so a
process may die anywhere and a caller may ask twice. Statuses and their causes:

=================== ======================================================================================
``not_started``     waits for the nodes before it
``queued``          ready to be worked on
``running``         leased by a worker
``completed``       its renders are there (a Clips node may rightly have made none)
``partial_complete`` some of several incoming renders failed, the others are there
``failed``          could not be done; ``errors`` says why
``blocked``         a node before it failed, or nothing is connected to it
``cancelled``       the run was cancelled, or there was no clip for it
=================== ======================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from runs.engine.execution import ledger, words
from runs.engine.execution.clones import Clone, descendants, unfold
from runs.engine.models import EngineRun, Render, RuntimeEdge, RuntimeNode
from runs.engine.nodes.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

MAX_NODES = 2000
DONE = ("completed", "partial_complete")
OPEN = ("not_started", "queued", "running")


class TooManyNodes(Exception):
    """A fan-out would make the run larger than :data:`MAX_NODES`."""


def complete(
    node: RuntimeNode,
    token: UUID,
    renders: Sequence[Render],
    message: str = "",
    failures: Sequence[str] = (),
) -> bool:
    """Record a node's renders, in order, and let what waits for them go on; False when the lease is not ours any more.

    ``renders`` are unsaved rows with the facts of published files; node and index are set here. ``failures`` are
    sentences about incoming renders that could not be worked on: with any, the node is ``partial_complete``.
    """
    try:
        with transaction.atomic():
            run = locked(node.run_id)
            status = "partial_complete" if failures else "completed"
            changed = _settle(node, token, status, message, errors=list(failures))
            if not changed:
                return False
            for index, render in enumerate(renders):
                render.node_id, render.index = node.pk, index
            Render.objects.bulk_create(renders)
            if not renders:
                _stop_below(run, node, "cancelled", words.nothing_arrived(node.node_type_id))
            elif is_fan_out(node.node_type_id) and len(renders) > 1:
                _fan_out(run)
            queue_ready(run)
            finish_if_done(run)
    except TooManyNodes:
        return fail(node, token, [words.too_many_nodes(MAX_NODES)])
    return True


def fail(node: RuntimeNode, token: UUID, messages: Sequence[str], *, needs_credits: bool = False) -> bool:
    """Record that a node cannot be done, block what comes after it, give its credits back."""
    with transaction.atomic():
        run = locked(node.run_id)
        text = messages[0] if messages else ""
        changed = _settle(node, token, "failed", text, errors=list(messages), needs_credits=needs_credits)
        if not changed:
            return False
        ledger.refund(run, [node.pk])
        _stop_below(run, node, "blocked", words.blocked_by(node.node_type_id))
        finish_if_done(run)
    return True


def locked(run_id: UUID) -> EngineRun:
    """The run's row, so that two nodes that finish at once settle one after the other."""
    return EngineRun.objects.select_for_update().get(pk=run_id)


def queue_ready(run: EngineRun) -> int:
    """Queue every waiting node whose predecessors all have their renders; how many became ready."""
    unfinished = RuntimeEdge.objects.filter(target=OuterRef("pk")).exclude(source__status__in=DONE)
    waiting = RuntimeNode.objects.filter(run=run, status="not_started")
    return waiting.filter(~Exists(unfinished)).update(status="queued", queued_at=timezone.now())


def finish_if_done(run: EngineRun) -> None:
    """Give the run its final status once no node is open; otherwise only note that something changed."""
    now = timezone.now()
    if RuntimeNode.objects.filter(run=run, status__in=OPEN).exists():
        EngineRun.objects.filter(pk=run.pk).update(updated_at=now)
        return
    nodes = list(RuntimeNode.objects.filter(run=run))
    has_outputs = Render.objects.filter(node__run=run, node__is_leaf=True).exists()
    status = _outcome(nodes, has_outputs)
    EngineRun.objects.filter(pk=run.pk, status="running").update(
        status=status,
        status_message=words.closing(nodes, has_outputs),
        finished_at=now,
        updated_at=now,
    )


def is_fan_out(node_type_id: str) -> bool:
    """Whether each render of such a node starts branches of its own."""
    kind = CATALOGUE.get(node_type_id)
    return kind is not None and kind.fans_out


def _outcome(nodes: Sequence[RuntimeNode], has_outputs: bool) -> str:
    if any(node.needs_credits for node in nodes):
        return "failed"
    if all(node.status in {"completed", "cancelled"} for node in nodes):
        return "completed"
    return "partial_complete" if has_outputs else "failed"


def _settle(
    node: RuntimeNode, token: UUID, status: str, message: str, *, errors: list[str], needs_credits: bool = False
) -> bool:
    """The one conditional update by which a worker's result counts or does not."""
    changed = RuntimeNode.objects.filter(pk=node.pk, status="running", lease_token=token).update(
        status=status,
        status_message=message,
        errors=errors,
        needs_credits=needs_credits,
        lease_token=None,
        lease_until=None,
        finished_at=timezone.now(),
    )
    return bool(changed)


def _stop_below(run: EngineRun, node: RuntimeNode, status: str, message: str) -> None:
    """Nothing will reach the nodes after this one."""
    edges = RuntimeEdge.objects.filter(run=run).values_list("source_id", "target_id")
    RuntimeNode.objects.filter(pk__in=descendants(edges, [node.pk]), status="not_started").update(
        status=status, status_message=message, finished_at=timezone.now()
    )


def _fan_out(run: EngineRun) -> None:
    """Make the clones and edges that finished fan-outs call for and that are not there yet.

    Worked out anew from the run's own rows (the template may have changed since), so that doing it twice, or again
    after a resume, adds nothing.
    """
    rows = {Clone(row.original_node_id, row.branch): row for row in RuntimeNode.objects.filter(run=run)}
    by_id = {row.pk: clone for clone, row in rows.items()}
    pattern = {clone.original: rows[clone] for clone in rows}
    edges = {
        (by_id[source].original, by_id[target].original)
        for source, target in RuntimeEdge.objects.filter(run=run).values_list("source_id", "target_id")
    }
    fed = {target for _, target in edges}
    roots: dict[UUID, list[str]] = {}
    for clone in sorted(rows):
        if clone.original not in fed:
            roots.setdefault(clone.original, []).append(clone.branch)
    counts = Render.objects.filter(node__run=run).values_list("node").annotate(number=Count("pk"))
    clips = {by_id[node_id]: number for node_id, number in counts}
    fans_out = {original for original, row in pattern.items() if is_fan_out(row.node_type_id)}

    whole = unfold(edges, roots, fans_out, clips)
    if len(whole.clones) > MAX_NODES:
        raise TooManyNodes
    new = {clone: _like(pattern[clone.original], clone) for clone in whole.clones if clone not in rows}
    RuntimeNode.objects.bulk_create(new.values())
    rows |= new
    RuntimeEdge.objects.bulk_create(
        RuntimeEdge(run=run, source=rows[source], target=rows[target], render_index=clip)
        for (source, target), clip in whole.edges.items()
        if target in new
    )


def _like(row: RuntimeNode, clone: Clone) -> RuntimeNode:
    """A fresh clone of the same template node for another branch."""
    return RuntimeNode(
        run_id=row.run_id,
        original_node_id=clone.original,
        node_type_id=row.node_type_id,
        branch=clone.branch,
        params=row.params,
        position=row.position,
        is_leaf=row.is_leaf,
    )
