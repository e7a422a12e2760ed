"""Starting a run: the checked request becomes rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from runs.engine.execution import words
from runs.engine.execution.clones import Clone, Unfolded, descendants, unfold
from runs.engine.execution.runtime import MAX_NODES, is_fan_out
from runs.engine.http.refusals import invalid
from runs.engine.models import EngineAgent, EngineRun, RuntimeEdge, RuntimeNode
from runs.engine.nodes.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

BRANCH_LENGTH = 200


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """One node of the runnable graph, its parameters already overridden for this run."""

    id: UUID
    node_type_id: str
    params: Mapping[str, Any]
    position: int

    @property
    def is_source(self) -> bool:
        """A Video Input."""
        kind = CATALOGUE.get(self.node_type_id)
        return kind is not None and kind.is_source

    @property
    def is_generation(self) -> bool:
        """A node that makes a video out of nothing."""
        kind = CATALOGUE.get(self.node_type_id)
        return kind is not None and kind.is_generation


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do: the graph after bypass, and the sources of each Video Input."""

    agent: EngineAgent
    nodes: Sequence[PlannedNode]
    edges: frozenset[tuple[UUID, UUID]]
    sources: Mapping[UUID, Sequence[Mapping[str, Any]]]
    body: Mapping[str, Any] = field(default_factory=dict)
    callback_url: str = ""


def start(plan: Plan) -> EngineRun:
    """Make the run with all its clones; sources are queued at once. Raises 400 when it would be too large."""
    nodes = {node.id: node for node in plan.nodes}
    # Nothing may feed a Video Input; such an edge of a broken template is left out.
    edges = {(source, target) for source, target in plan.edges if not nodes[target].is_source}
    fed = {target for _, target in edges}
    roots = {
        node_id: [f"{node_id}/{number}" for number in range(len(plan.sources.get(node_id, ())) or 1)]
        for node_id in nodes
        if node_id not in fed
    }
    whole = unfold(edges, roots, {node.id for node in plan.nodes if is_fan_out(node.node_type_id)}, {})
    if len(whole.clones) > MAX_NODES:
        raise invalid(words.too_many_nodes(MAX_NODES))
    if any(len(clone.branch) > BRANCH_LENGTH for clone in whole.clones):
        raise invalid("This agent has too many Clips nodes one after another.")
    with transaction.atomic():
        run = EngineRun.objects.create(agent=plan.agent, body=dict(plan.body), callback_url=plan.callback_url)
        rows = _clones(run, plan, whole, roots, leaves=nodes.keys() - {source for source, _ in edges})
        RuntimeNode.objects.bulk_create(rows.values())
        RuntimeEdge.objects.bulk_create(
            RuntimeEdge(run=run, source=rows[source], target=rows[target], render_index=clip)
            for (source, target), clip in whole.edges.items()
        )
    return run


def _clones(
    run: EngineRun, plan: Plan, whole: Unfolded, roots: Mapping[UUID, Sequence[str]], leaves: set[UUID]
) -> dict[Clone, RuntimeNode]:
    nodes = {node.id: node for node in plan.nodes}
    orphans = {node_id for node_id in roots if not (nodes[node_id].is_source or nodes[node_id].is_generation)}
    stranded = {Clone(node_id, branch) for node_id in orphans for branch in roots[node_id]}
    stranded |= descendants(whole.edges, stranded)
    now = timezone.now()
    rows = {}
    for clone in whole.clones:
        node = nodes[clone.original]
        row = RuntimeNode(
            run=run,
            original_node_id=node.id,
            node_type_id=node.node_type_id,
            branch=clone.branch,
            params=dict(node.params),
            position=node.position,
            is_leaf=node.id in leaves,
        )
        if clone in stranded:
            row.status, row.status_message, row.finished_at = "blocked", words.NOTHING_CONNECTED, now
        elif node.id in roots:
            row.status, row.queued_at = "queued", now
        if node.is_source:
            row.source = dict(plan.sources[node.id][roots[node.id].index(clone.branch)])
        rows[clone] = row
    return rows
