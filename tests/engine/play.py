"""Acting out a run without FFmpeg: nodes are leased as a worker would, and complete with renders made of nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.utils import timezone

from runs.engine.execution import ledger, runtime
from runs.engine.models import EngineAgent, EngineRun, Render, RuntimeNode, TemplateEdge, TemplateNode
from runs.engine.nodes.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TYPES = {kind.name: kind.id for kind in CATALOGUE.values()}
# What a node does when its turn comes: how many renders it makes, or the sentence it fails with.
Outcome = int | str


def make_agent(steps: Mapping[str, tuple[str, Sequence[str]]], name: str = "Test agent") -> EngineAgent:
    """An agent from ``{short name: (type name, short names before it)}``; see :func:`node_id`."""
    agent = EngineAgent.objects.create(name=name)
    for position, (kind, _) in enumerate(steps.values()):
        TemplateNode.objects.create(id=uuid4(), agent=agent, node_type_id=TYPES[kind], position=position)
    nodes = dict(zip(steps, agent.nodes.all(), strict=True))
    for step, (_, before) in steps.items():
        for other in before:
            TemplateEdge.objects.create(agent=agent, source=nodes[other], target=nodes[step])
    return agent


def node_ids(agent: EngineAgent) -> list[str]:
    """Ids of all template nodes, in the order in which :func:`make_agent` was told them."""
    return [str(pk) for pk in agent.nodes.values_list("pk", flat=True)]


def lease(node: RuntimeNode) -> UUID:
    """Take a queued node as a worker does; returns the lease's token."""
    token = uuid4()
    changed = RuntimeNode.objects.filter(pk=node.pk, status="queued").update(
        status="running", lease_token=token, lease_until=timezone.now() + timedelta(seconds=30)
    )
    assert changed, f"{node.pk} is not queued"
    node.refresh_from_db()
    return token


def renders(number: int) -> list[Render]:
    """Facts of published files that are not there."""
    return [Render(video_path=f"renders/nothing/{index}.mp4", duration_ms=1000) for index in range(number)]


def once(run: EngineRun, decide: Callable[[RuntimeNode], Outcome] | None = None) -> bool:
    """Do one ready node; False when none is ready."""
    node = RuntimeNode.objects.filter(run=run, status="queued").first()
    if node is None:
        return False
    token = lease(node)
    if not ledger.charge(node):
        runtime.fail(node, token, ["The credits are used up."], needs_credits=True)
        return True
    outcome: Outcome = 1
    if decide is not None:
        outcome = decide(node)
    elif CATALOGUE[node.node_type_id].fans_out:
        outcome = 3
    if isinstance(outcome, str):
        runtime.fail(node, token, [outcome])
    else:
        runtime.complete(node, token, renders(outcome))
    return True


def out(run: EngineRun | str, decide: Callable[[RuntimeNode], Outcome] | None = None) -> EngineRun:
    """Do everything that becomes ready, to the end of the run. Clips make three renders unless ``decide`` says else."""
    row = EngineRun.objects.get(pk=run if isinstance(run, str) else run.pk)
    while once(row, decide):
        pass
    row.refresh_from_db()
    return row


def failing(kind: str, sentence: str = "It broke.") -> Callable[[RuntimeNode], Outcome]:
    """Nodes of this type fail, all others succeed."""
    return lambda node: sentence if node.node_type_id == TYPES[kind] else 1


def statuses(run: EngineRun) -> dict[str, list[str]]:
    """Sorted statuses by type name."""
    found: dict[str, list[str]] = {}
    for node in RuntimeNode.objects.filter(run=run):
        found.setdefault(CATALOGUE[node.node_type_id].name, []).append(node.status)
    return {name: sorted(values) for name, values in found.items()}
