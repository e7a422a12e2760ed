"""Who the key belongs to, agents and their graphs (pages "Introduction", "Get Agents", "Get Agent")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runs.client import reading
from runs.client.reading import Json


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """The organisation of a key; older servers name a user instead."""

    organization_id: str
    organization_name: str
    organization_slug: str = ""
    email: str = ""
    created_at: datetime | None = None
    last_used_at: datetime | None = None

    @classmethod
    def parse(cls, data: Json) -> WhoAmI:
        """From ``GET /whoami``, today's shape or the one with ``user_id`` and ``email``."""
        user = reading.text(data, "user_id")
        email = reading.text(data, "email")
        return cls(
            organization_id=reading.text(data, "organization_id") or (f"user:{user}" if user else ""),
            organization_name=reading.text(data, "organization_name", "organization_slug") or email,
            organization_slug=reading.text(data, "organization_slug"),
            email=email,
            created_at=reading.moment(data, "created_at"),
            last_used_at=reading.moment(data, "last_used_at"),
        )


@dataclass(frozen=True, slots=True)
class NodeType:
    """A kind of step."""

    id: str
    name: str = ""
    docs_url: str = ""
    params_docs_url: str = ""

    @classmethod
    def parse(cls, data: Json) -> NodeType:
        """From a ``node_type`` object, or from an older node that carries the same fields itself."""
        return cls(
            id=reading.text(data, "node_type_id"),
            name=reading.text(data, "node_type_name", "name"),
            docs_url=reading.text(data, "docs_url"),
            params_docs_url=reading.text(data, "params_docs_url"),
        )


@dataclass(frozen=True, slots=True)
class AgentNode:
    """One step of an agent's graph with its saved parameters."""

    id: str
    type: NodeType
    params: dict[str, Any]

    @classmethod
    def parse(cls, data: Json) -> AgentNode:
        """From an entry of ``agent_nodes`` (today) or ``nodes`` (older, flat)."""
        return cls(
            id=reading.text(data, "agent_node_id", "id"),
            type=NodeType.parse(reading.mapping(data, "node_type") or data),
            params=dict(reading.mapping(data, "params_used")),
        )


@dataclass(frozen=True, slots=True)
class AgentSummary:
    """An agent in a list. ``updated_at`` is kept as it came: it is compared, not calculated with."""

    id: str
    name: str
    description: str = ""
    visibility: str = ""
    created_at: datetime | None = None
    updated_at: str = ""

    @classmethod
    def parse(cls, data: Json) -> AgentSummary:
        """From an entry of ``agents`` or from the ``agent`` object."""
        return cls(
            id=reading.text(data, "id", "agent_id"),
            name=reading.text(data, "name") or "Unnamed agent",
            description=reading.text(data, "description"),
            visibility=reading.text(data, "visibility"),
            created_at=reading.moment(data, "created_at"),
            updated_at=reading.text(data, "updated_at"),
        )


@dataclass(frozen=True, slots=True)
class AgentPage:
    """One page of agents."""

    agents: tuple[AgentSummary, ...]
    next_cursor: str | None

    @classmethod
    def parse(cls, data: Json) -> AgentPage:
        """From ``GET /agents``; entries without an id are passed over."""
        agents = (AgentSummary.parse(item) for item in reading.objects(data, "agents"))
        return cls(tuple(agent for agent in agents if agent.id), reading.optional_text(data, "next_cursor"))


@dataclass(frozen=True, slots=True)
class AgentDetail:
    """An agent with its graph; ``nodes`` is None when the answer had no list, ``edges`` are (source id, target id)."""

    agent: AgentSummary
    nodes: tuple[AgentNode, ...] | None
    edges: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, data: Json) -> AgentDetail:
        """From ``GET /agent/<id>``."""
        told = any(isinstance(data.get(name), list) for name in ("agent_nodes", "nodes"))
        nodes = (AgentNode.parse(item) for item in reading.objects(data, "agent_nodes", "nodes"))
        edges = (
            (reading.text(item, "source_agent_node_id"), reading.text(item, "target_agent_node_id"))
            for item in reading.objects(data, "connections")
        )
        return cls(
            agent=AgentSummary.parse(reading.mapping(data, "agent") or data),
            nodes=tuple(node for node in nodes if node.id) if told else None,
            edges=tuple(edge for edge in edges if all(edge)),
        )
