"""The graph of an agent as values.

A graph comes from a remote service, so whatever it contains (connections
to nodes that are not there, the same connection twice, circles, nodes without a type) is kept, drawn and flagged, and
never an exception.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Fixed for everyone; Mosaic's tile pages and its "Run Agent" page name them.
VIDEO_INPUT = "9451e6ff-ac7f-4317-9055-a2f35f641b29"
GENERATION_TYPES = frozenset(
    {
        "b3b4c9e2-2a47-4fa9-8ce8-0c1fa1d7b6ef",  # AI Avatar
        "a2eb3ec2-da7a-4f97-94d2-a9a537548522",  # Video Generation
        "14687f30-5fd0-468f-8239-2784d83df95b",  # Audio Generation
        "18b998a0-2ea7-4676-a5d3-3ae6c8ac0b72",  # Image Generation
        "d898f2b1-3151-4231-a4d4-dd4d5a020b05",  # AI Content Generation (older)
    }
)
# Part of every graph hash: raise it when boxes change their size, and every picture is computed again.
DRAWING = 3


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One node of a template; ``params`` are the values saved in the agent."""

    id: str
    type_id: str = ""
    type_name: str = ""
    docs_url: str = ""
    params_docs_url: str = ""
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def is_input(self) -> bool:
        """Whether videos enter here."""
        return self.type_id == VIDEO_INPUT

    @property
    def is_generation(self) -> bool:
        """Whether it makes media from nothing (or from references)."""
        return self.type_id in GENERATION_TYPES

    @property
    def is_trigger(self) -> bool:
        """Triggers start runs from outside and are no part of a run; Mosaic documents no id for them, only names."""
        return "trigger" in self.type_name.lower()


@dataclass(frozen=True)
class Graph:
    """Nodes and ``(source, target)`` edges in the order the remote gave them, each once."""

    nodes: tuple[GraphNode, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        by_id: dict[str, GraphNode] = {}
        for node in self.nodes:
            by_id.setdefault(node.id, node)
        object.__setattr__(self, "nodes", tuple(by_id.values()))
        object.__setattr__(self, "edges", tuple(dict.fromkeys((source, target) for source, target in self.edges)))

    @classmethod
    def from_json(cls, value: object) -> Graph:
        """Read what :meth:`to_json` (or anybody) wrote; what cannot be read is left out."""
        data = value if isinstance(value, dict) else {}
        nodes = [_node(item) for item in _list(data.get("nodes")) if isinstance(item, dict) and item.get("id")]
        edges = [
            (str(item[0]), str(item[1]))
            for item in _list(data.get("edges"))
            if isinstance(item, (list, tuple)) and len(item) == 2
        ]
        return cls(tuple(nodes), tuple(edges))

    def to_json(self) -> dict[str, Any]:
        """The stored form, see ``AgentVersion.graph``."""
        nodes = [
            {
                "id": node.id,
                "type_id": node.type_id,
                "type_name": node.type_name,
                "docs_url": node.docs_url,
                "params_docs_url": node.params_docs_url,
                "params": dict(node.params),
            }
            for node in self.nodes
        ]
        return {"nodes": nodes, "edges": [list(edge) for edge in self.edges]}

    def content_hash(self) -> str:
        """Differs exactly when nodes, connections or parameters do; order does not count."""
        nodes = sorted((node.id, node.type_id, node.type_name, _canonical(node.params)) for node in self.nodes)
        return _digest([nodes, sorted(self.edges)])

    def graph_hash(self) -> str:
        """Of what is drawn: nodes, their names, connections."""
        return _digest([DRAWING, sorted((node.id, node.type_name) for node in self.nodes), sorted(self.edges)])

    @cached_property
    def by_id(self) -> dict[str, GraphNode]:
        """Nodes by their id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def links(self) -> tuple[tuple[str, str], ...]:
        """The edges that join two different nodes of this graph."""
        return tuple(
            (source, target)
            for source, target in self.edges
            if source != target and source in self.by_id and target in self.by_id
        )

    @cached_property
    def successors(self) -> dict[str, list[str]]:
        """Where each node leads."""
        return _adjacent(self.links)

    @cached_property
    def predecessors(self) -> dict[str, list[str]]:
        """What leads to each node."""
        return _adjacent((target, source) for source, target in self.links)

    @cached_property
    def ordered(self) -> tuple[GraphNode, ...]:
        """Nodes along the flow, one branch after the other; whatever hangs on a circle comes last."""
        waiting = {node.id: len(self.predecessors.get(node.id, ())) for node in self.nodes}
        ready = [node.id for node in reversed(self.nodes) if not waiting[node.id]]
        done: dict[str, None] = {}
        while ready:
            node_id = ready.pop()
            done[node_id] = None
            for target in reversed(self.successors.get(node_id, ())):
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
        rest = [node.id for node in self.nodes if node.id not in done]
        return tuple(self.by_id[node_id] for node_id in (*done, *rest))

    @cached_property
    def names(self) -> dict[str, str]:
        """What people call each node: its type, numbered along the flow where several are of one type."""
        base = {node.id: node.type_name or "Unknown node" for node in self.nodes}
        total, seen = Counter(base.values()), Counter[str]()
        names = {}
        for node in self.ordered:
            name = base[node.id]
            seen[name] += 1
            names[node.id] = f"{name} {seen[name]}" if total[name] > 1 else name
        return names

    @cached_property
    def inputs(self) -> tuple[GraphNode, ...]:
        """The Video Input nodes along the flow."""
        return tuple(node for node in self.ordered if node.is_input)

    @cached_property
    def sources(self) -> tuple[GraphNode, ...]:
        """Where a run can start: Video Inputs, and generation nodes that nothing (but a trigger) leads to."""
        return tuple(node for node in self.ordered if node.is_input or (node.is_generation and self._is_root(node.id)))

    @cached_property
    def leaves(self) -> tuple[GraphNode, ...]:
        """Nodes that lead nowhere: their renders are a run's outputs."""
        return tuple(node for node in self.ordered if not self.successors.get(node.id))

    def _is_root(self, node_id: str) -> bool:
        return all(self.by_id[source].is_trigger for source in self.predecessors.get(node_id, ()))


def _adjacent(edges: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for start, end in edges:
        found[start].append(end)
    return dict(found)


def _node(item: Mapping[str, Any]) -> GraphNode:
    params = item.get("params")
    return GraphNode(
        id=str(item["id"]),
        type_id=str(item.get("type_id") or ""),
        type_name=str(item.get("type_name") or ""),
        docs_url=str(item.get("docs_url") or ""),
        params_docs_url=str(item.get("params_docs_url") or ""),
        params=params if isinstance(params, dict) else {},
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def _digest(value: object) -> str:
    return hashlib.sha256(_canonical(value).encode()).hexdigest()
