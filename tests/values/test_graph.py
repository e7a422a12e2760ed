"""Reading graphs: whatever a remote sends is kept, and nothing in it is an exception."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.graph import Graph, GraphNode, flaws
from tests.values.topologies import dags, drawn, graph_of, quick


@quick
@given(dags())
def test_a_graph_survives_its_stored_form(graph: Graph) -> None:
    again = Graph.from_json(graph.to_json())
    assert again == graph
    assert again.content_hash() == graph.content_hash()


@quick
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_no_json_at_all_is_an_exception(value: object) -> None:
    Graph.from_json(value)
    graph = Graph.from_json({"nodes": value, "edges": value})
    flaws(graph)
    assert graph.ordered is not None


@quick
@given(st.data())
def test_nodes_and_edges_of_any_shape_are_read_as_far_as_they_go(data: st.DataObject) -> None:
    thing = (
        st.none()
        | st.integers()
        | st.text(max_size=3)
        | st.dictionaries(st.sampled_from(["id", "type_id", "params"]), st.text(max_size=2))
    )
    nodes = data.draw(st.lists(thing))
    edges = data.draw(st.lists(st.lists(st.sampled_from(["", "a", "b"]), max_size=3) | st.text()))
    graph = Graph.from_json({"nodes": [*nodes, {"id": "a"}], "edges": edges})
    assert "a" in graph.by_id
    assert all(source in graph.by_id and target in graph.by_id for source, target in graph.links)


def test_the_same_node_and_the_same_edge_are_there_once() -> None:
    node = GraphNode("a", type_name="Mirror")
    graph = Graph((node, GraphNode("a", type_name="Other"), GraphNode("b")), (("a", "b"), ("a", "b")))
    assert [item.type_name for item in graph.nodes] == ["Mirror", ""]
    assert graph.edges == (("a", "b"),)


def test_the_content_hash_follows_content_and_not_order() -> None:
    graph = graph_of("v > a > b", a={"direction": "both"})
    shuffled = Graph(tuple(reversed(graph.nodes)), tuple(reversed(graph.edges)))
    assert shuffled.content_hash() == graph.content_hash()
    assert graph_of("v > a > b", a={"direction": "vertical"}).content_hash() != graph.content_hash()
    assert graph_of("v > a\nv > b").content_hash() != graph.content_hash()


def test_the_graph_hash_follows_what_is_drawn() -> None:
    graph = graph_of("v > a > b", a={"direction": "both"})
    assert graph_of("v > a > b").graph_hash() == graph.graph_hash()
    assert graph_of("v > a\nv > b").graph_hash() != graph.graph_hash()


def test_steps_are_named_by_type_and_numbered_along_the_flow() -> None:
    graph = graph_of("v1 > late > last\nv1 > b")
    assert graph.names == {"v1": "Video Input", "late": "Mirror 1", "last": "Mirror 2", "b": "Mirror 3"}
    assert Graph((GraphNode("x"),)).names == {"x": "Unknown node"}


@quick
@given(dags())
def test_order_follows_the_flow(graph: Graph) -> None:
    place = {node.id: number for number, node in enumerate(graph.ordered)}
    assert len(place) == len(graph.nodes)
    assert all(place[source] < place[target] for source, target in graph.links)


@pytest.mark.parametrize(
    ("text", "sources", "leaves"),
    [
        ("v > a > b", ["v"], ["b"]),
        ("v1 > a\nv2 > a", ["v1", "v2"], ["a"]),
        ("g > a", ["g"], ["a"]),
        ("v > g > a", ["v"], ["a"]),
        ("t > v > a", ["v"], ["a"]),
        ("t > g > a", ["g"], ["a"]),
        ("a > b", [], ["b"]),
    ],
)
def test_sources_and_leaves(text: str, sources: list[str], leaves: list[str]) -> None:
    graph = graph_of(text)
    assert [node.id for node in graph.sources] == sources
    assert [node.id for node in graph.leaves] == leaves


@pytest.mark.parametrize(
    ("graph", "node_id", "word"),
    [
        (Graph((GraphNode("x"),)), "x", "what kind of node"),
        (Graph((GraphNode("x", "t", "T"),), (("x", "x"),)), "x", "connected to itself"),
        (Graph((GraphNode("x", "t", "T"),), (("x", "gone"),)), "x", "leads from here"),
        (Graph((GraphNode("x", "t", "T"),), (("gone", "x"),)), "x", "comes here"),
        (graph_of("v > a > b > a"), "a", "circle"),
        (graph_of("v > a\nalone"), "alone", "No video reaches"),
    ],
)
def test_flaws_are_said_at_their_node(graph: Graph, node_id: str, word: str) -> None:
    assert any(flaw.node_id == node_id and word in flaw.text for flaw in flaws(graph))


def test_a_sound_graph_has_no_flaws_and_what_follows_a_circle_is_not_in_it() -> None:
    assert flaws(graph_of("v > a > b\nv > b")) == ()
    circle = {flaw.node_id for flaw in flaws(graph_of("v > a > b > a\nb > after")) if "circle" in flaw.text}
    assert circle == {"a", "b"}


def test_a_circle_is_ordered_and_linked_like_anything_else() -> None:
    graph = graph_of("v > a > b > a")
    assert {node.id for node in graph.ordered} == {"v", "a", "b"}
    assert drawn(graph) == {"v>a", "a>b", "b>a"}
