"""An agent, every version of its graph that was seen, and the positions computed for each picture."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from runs.models.claims import ClaimableQuerySet
from runs.models.connection import Connection

if TYPE_CHECKING:
    from runs.graph import Graph


class GraphLayout(models.Model):
    """Positions for one picture, by the hash of what is drawn; computed in a job, never in a request."""

    graph_hash = models.CharField(max_length=64, primary_key=True)
    positions = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.graph_hash[:12]


class AgentQuerySet(ClaimableQuerySet["Agent"]):
    """Agents by what can be done with them."""

    def present(self) -> AgentQuerySet:
        """Those the remote still has."""
        return self.filter(removed_at=None)


class Agent(models.Model):
    """A saved workflow of one connection, as last seen."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="agents")
    remote_id = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    visibility = models.CharField(max_length=16, blank=True)
    current_version = models.ForeignKey(
        "AgentVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    remote_updated_at = models.CharField(max_length=40, blank=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    due_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim_token = models.UUIDField(null=True, blank=True)
    claimed_for = models.CharField(max_length=16, blank=True)

    objects = AgentQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("connection", "remote_id"), name="agent_remote_id_once_a_connection"),
        )
        indexes = (models.Index(fields=("due_at",), name="agent_due"),)

    def __str__(self) -> str:
        return self.name

    def keep_version(self, graph: Graph) -> AgentVersion:
        """The version that holds ``graph``, made when it was never seen before."""
        version, _ = AgentVersion.objects.get_or_create(
            agent=self,
            content_hash=graph.content_hash(),
            defaults={"graph": graph.to_json(), "graph_hash": graph.graph_hash()},
        )
        return version


class AgentVersionQuerySet(models.QuerySet["AgentVersion"]):
    """Versions by what is still to be done for them."""

    def without_layout(self) -> AgentVersionQuerySet:
        """Those whose picture has no positions yet."""
        return self.exclude(graph_hash__in=GraphLayout.objects.values("graph_hash"))


class AgentVersion(models.Model):
    """One graph of an agent: nodes, connections and parameters as ``GET /agent/<id>`` gave them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="versions")
    # {"nodes": [{"id", "type_id", "type_name", "docs_url", "params_docs_url", "params"}], "edges": [[source, target]]}
    graph = models.JSONField()
    # Of the whole graph with parameters: two versions differ exactly when this does.
    content_hash = models.CharField(max_length=64)
    # Of what is drawn: node ids, type names, edges. Points into GraphLayout.
    graph_hash = models.CharField(max_length=64, db_index=True)
    first_seen_at = models.DateTimeField(default=timezone.now)

    objects = AgentVersionQuerySet.as_manager()

    class Meta:
        ordering = ("-first_seen_at",)
        constraints = (models.UniqueConstraint(fields=("agent", "content_hash"), name="agent_version_once"),)

    def __str__(self) -> str:
        return f"{self.agent_id} {self.content_hash[:8]}"
