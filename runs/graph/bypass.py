"""What bypassing nodes does to a graph, and what stands in the way of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runs.graph.values import Graph

if TYPE_CHECKING:
    from collections.abc import Collection


def runtime_graph(graph: Graph, ignore_nodes: Collection[str] = ()) -> Graph:
    """The graph a run executes: without triggers, and every bypassed node replaced by joins.

    Each predecessor of a bypassed node is joined to each of its successors, through any number of bypassed nodes in
    a row, and what would be joined twice is joined once ("Run Agent" page, ``ignore_nodes``).
    """
    joined = bypass(graph, ignore_nodes)
    kept = tuple(node for node in joined.nodes if not node.is_trigger)
    kept_ids = {node.id for node in kept}
    return Graph(kept, tuple(edge for edge in joined.links if kept_ids.issuperset(edge)))


def bypass(graph: Graph, ignore_nodes: Collection[str]) -> Graph:
    """The graph past the ignored nodes, triggers still in it."""
    ignored = set(ignore_nodes)
    kept = tuple(node for node in graph.nodes if node.id not in ignored)
    edges = tuple((node.id, target) for node in kept for target in _past(graph, node.id, ignored) if target != node.id)
    return Graph(kept, edges)


def detours(graph: Graph, ignore_nodes: Collection[str]) -> dict[tuple[str, str], tuple[str, ...]]:
    """For each join that a bypass makes: the bypassed nodes it leads past, in order (a shortest way)."""
    ignored = set(ignore_nodes)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for node in graph.nodes:
        if node.id in ignored:
            continue
        queue: list[tuple[str, tuple[str, ...]]] = [(node.id, ())]
        seen = {node.id}
        for here, way in queue:
            for target in graph.successors.get(here, ()):
                if target in ignored and target not in seen:
                    seen.add(target)
                    queue.append((target, (*way, target)))
                elif target not in ignored and target != node.id:
                    found.setdefault((node.id, target), way)
    return {edge: way for edge, way in found.items() if way}


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence about one node, or about the whole graph when ``node_id`` is empty."""

    node_id: str
    text: str


def flaws(graph: Graph) -> tuple[Problem, ...]:
    """What is odd about a template as the remote gave it. It is drawn and shown all the same."""
    found = []
    for node in graph.nodes:
        if not node.type_id and not node.type_name:
            found.append(Problem(node.id, "Nobody says what kind of node this is. It is sent as it is."))
    for source, target in graph.edges:
        if source == target:
            found.append(Problem(source, "This node is connected to itself."))
        elif source in graph.by_id and target not in graph.by_id:
            found.append(Problem(source, "A connection leads from here to a node that is not part of this agent."))
        elif target in graph.by_id and source not in graph.by_id:
            found.append(Problem(target, "A connection comes here from a node that is not part of this agent."))
    circles = _circles(graph)
    found += [Problem(node_id, "This node is part of a circle, so it can never start.") for node_id in circles]
    if graph.sources:
        alone = [node_id for node_id in starved(graph) if node_id not in circles]
        found += [
            Problem(node_id, "No video reaches this node: nothing leads here from a source.") for node_id in alone
        ]
    return tuple(found)


def problems(graph: Graph, ignore_nodes: Collection[str] = ()) -> tuple[Problem, ...]:
    """Why a run with these bypasses cannot start; empty when it can. Each sentence says what to do."""
    found = []
    runtime = runtime_graph(graph, ignore_nodes)
    names = graph.names
    for node_id in dict.fromkeys(ignore_nodes):
        if node_id not in graph.by_id:
            found.append(
                Problem("", f"The node {node_id} is not part of this agent any more. Take it off the bypass list.")
            )
    bypassed_sources = [node for node in graph.sources if node.id in set(ignore_nodes)]
    for node in bypassed_sources:
        text = f"{names[node.id]} is where the run starts, so it cannot be bypassed. Clear its bypass box."
        found.append(Problem(node.id, text))
    if not any(not node.is_input for node in runtime.nodes):
        found.append(Problem("", "Nothing would be left to run. Clear at least one bypass box."))
    elif not runtime.sources and not bypassed_sources:
        found.append(
            Problem("", "This agent has no Video Input and no generating node, so a run has nothing to start from.")
        )
    circle = [names[node_id] for node_id in _circles(runtime)]
    if circle:
        found.append(Problem("", f"These nodes wait for each other, so none can start: {', '.join(circle)}."))
    return tuple(found)


def starved(graph: Graph, ignore_nodes: Collection[str] = ()) -> tuple[str, ...]:
    """Ids of nodes that no source reaches in the runtime graph: nothing would ever arrive there."""
    runtime = runtime_graph(graph, ignore_nodes)
    reached = [node.id for node in runtime.sources]
    seen = set(reached)
    for node_id in reached:
        for target in runtime.successors.get(node_id, ()):
            if target not in seen:
                seen.add(target)
                reached.append(target)
    return tuple(node.id for node in runtime.ordered if node.id not in seen)


def _past(graph: Graph, node_id: str, ignored: set[str]) -> list[str]:
    """The nodes that ``node_id`` leads to when the ignored ones are looked through."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    queue = list(graph.successors.get(node_id, ()))
    for target in queue:
        if target not in ignored:
            found[target] = None
        elif target not in seen:
            seen.add(target)
            queue.extend(graph.successors.get(target, ()))
    return list(found)


def _circles(graph: Graph) -> list[str]:
    """Nodes that can reach themselves."""
    waiting = {node.id: len(graph.predecessors.get(node.id, ())) for node in graph.nodes}
    ready = [node_id for node_id, count in waiting.items() if not count]
    for node_id in ready:
        for target in graph.successors.get(node_id, ()):
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    suspects = [node_id for node_id, count in waiting.items() if count]
    return [node_id for node_id in suspects if node_id in _past(graph, node_id, set(graph.by_id) - {node_id})]
