"""One due agent: read its graph and keep every version seen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from runs.client import MosaicError, MosaicRejected
from runs.graph import Graph, GraphNode
from runs.models import Agent
from runs.sync import trouble
from runs.sync.pace import after_trouble, jitter

if TYPE_CHECKING:
    import uuid

    from runs.client import MosaicClient
    from runs.client.payloads import AgentDetail

CLAIM_SECONDS = 120
# Read again now and then although the list says nothing is new: no page promises that an edited graph moves updated_at.
EVERY_SECONDS = 1800
NOT_FOUND = 404


def reconcile_agent(pk: uuid.UUID, client: MosaicClient) -> None:
    """Look at an agent that is due; nothing happens when it is not, or when somebody else has it."""
    token = Agent.objects.claim(pk, "sync", CLAIM_SECONDS, due_at__lte=timezone.now())
    if token is None:
        return
    agent = Agent.objects.select_related("connection").get(pk=pk)
    try:
        detail = client.agent(agent.remote_id)
    except MosaicError as error:
        now = timezone.now()
        trouble.note(agent.connection, error, now)
        if isinstance(error, MosaicRejected) and error.status == NOT_FOUND:
            Agent.objects.release(pk, token, due_at=None, removed_at=agent.removed_at or now)
        else:
            Agent.objects.release(pk, token, due_at=after_trouble(agent.connection.failures + 1, error, now))
        return
    agent.connection.note_contact(timezone.now())
    _keep(agent, token, detail)


def _keep(agent: Agent, token: uuid.UUID, detail: AgentDetail) -> None:
    now = timezone.now()
    summary = detail.agent
    changes: dict[str, object] = {
        "name": summary.name[:200],
        "description": summary.description,
        "visibility": summary.visibility[:16],
        "seen_at": now,
        "removed_at": None,
    }
    with transaction.atomic():
        # An answer without a list of nodes says nothing about the graph, and must not replace one.
        if detail.nodes is not None:
            changes["current_version"] = agent.keep_version(_graph(detail))
            changes["remote_updated_at"] = summary.updated_at[:40]
        Agent.objects.release(agent.pk, token, due_at=now + timedelta(seconds=jitter(EVERY_SECONDS)), **changes)


def _graph(detail: AgentDetail) -> Graph:
    return Graph(
        nodes=tuple(
            GraphNode(
                id=node.id,
                type_id=node.type.id,
                type_name=node.type.name,
                docs_url=node.type.docs_url,
                params_docs_url=node.type.params_docs_url,
                params=node.params,
            )
            for node in detail.nodes or ()
        ),
        edges=detail.edges,
    )
