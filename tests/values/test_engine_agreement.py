"""The runtime graph that the page previews is the one the engine runs."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from runs.engine.execution import clones
from runs.graph import Graph, GraphNode, runtime_graph
from tests.values.topologies import dags, quick


def _uuid(name: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, name)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Graph, list[str]]:
    graph = draw(dags())
    renamed = Graph(
        tuple(GraphNode(str(_uuid(node.id)), node.type_id, node.type_name) for node in graph.nodes),
        tuple((str(_uuid(source)), str(_uuid(target))) for source, target in graph.edges),
    )
    # The first node is the Video Input, which nobody may bypass.
    others = [node.id for node in renamed.nodes[1:]]
    return renamed, draw(st.lists(st.sampled_from(others), unique=True))


@quick
@given(cases())
def test_the_joins_are_the_engines(case: tuple[Graph, list[str]]) -> None:
    graph, ignored = case
    edges = [(uuid.UUID(source), uuid.UUID(target)) for source, target in graph.links]
    theirs = clones.bypass(edges, [uuid.UUID(node_id) for node_id in ignored])
    ours = {(uuid.UUID(source), uuid.UUID(target)) for source, target in runtime_graph(graph, ignored).links}
    assert ours == theirs


@quick
@given(cases(), st.integers(1, 3), st.integers(0, 3), st.data())
def test_folding_the_engines_clones_gives_the_previewed_graph(
    case: tuple[Graph, list[str]], inputs: int, made: int, data: st.DataObject
) -> None:
    graph, ignored = case
    runtime = runtime_graph(graph, ignored)
    edges = [(uuid.UUID(source), uuid.UUID(target)) for source, target in runtime.links]
    roots = {
        uuid.UUID(node.id): [f"{node.id}/{number}" for number in range(inputs if node.is_input else 1)]
        for node in runtime.nodes
        if not runtime.predecessors.get(node.id)
    }
    everything = [uuid.UUID(node.id) for node in runtime.nodes]
    fans_out = data.draw(st.lists(st.sampled_from(everything), unique=True, max_size=2))
    first = clones.unfold(edges, roots, fans_out, {})
    done = {clone: made for clone in first.clones if clone.original in fans_out}
    whole = clones.unfold(edges, roots, fans_out, done)
    assert {clone.original for clone in whole.clones} == set(everything)
    assert {(source.original, target.original) for source, target in whole.edges} == set(edges)
