"""Positions in, boxes and lines out."""

from __future__ import annotations

import re

from hypothesis import given

from runs.graph import Graph, GraphNode, Mark, picture, thumb, type_icon
from runs.graph.drawing import BOX_HEIGHT, BOX_WIDTH
from runs.layout import compute
from tests.values.topologies import dags, graph_of, quick


def test_without_positions_there_is_no_picture() -> None:
    graph = graph_of("v > a")
    assert picture(graph, None) is None
    assert picture(graph, {}) is None
    assert picture(graph, {"nodes": {"v": [0, 0]}}) is None
    assert thumb({}) is None


@quick
@given(dags())
def test_every_node_and_every_connection_is_drawn_inside_the_picture(graph: Graph) -> None:
    positions = compute(graph)
    drawing = picture(graph, positions)
    assert drawing is not None
    assert {box.node.id for box in drawing.boxes} == set(graph.by_id)
    assert {(line.source, line.target) for line in drawing.lines} == set(graph.links)
    for box in drawing.boxes:
        assert 0 <= box.x <= drawing.width - BOX_WIDTH
        assert 0 <= box.y <= drawing.height - BOX_HEIGHT
    places = {box.node.id: box for box in drawing.boxes}
    for line in drawing.lines:
        x, y = places[line.source].x + BOX_WIDTH, places[line.source].y + BOX_HEIGHT / 2
        start = [float(number) for number in re.findall(r"[\d.]+", line.path)[:2]]
        # Graphviz writes rounded positions; a line leaves its box from the middle of the right side.
        assert abs(start[0] - x) <= 1.5
        assert abs(start[1] - y) <= 1.5


@quick
@given(dags())
def test_boxes_never_lie_on_each_other_and_flow_goes_right(graph: Graph) -> None:
    places = compute(graph)["nodes"]
    assert compute(graph)["nodes"] == places
    for source, target in graph.links:
        assert places[source][0] < places[target][0]
    for one, (x1, y1) in places.items():
        for other, (x2, y2) in places.items():
            assert one == other or abs(x1 - x2) >= BOX_WIDTH or abs(y1 - y2) >= BOX_HEIGHT


def test_a_bypass_keeps_boxes_in_place_and_leads_the_line_past_them() -> None:
    graph = graph_of("v > a > b > c")
    positions = compute(graph)
    before = picture(graph, positions)
    after = picture(graph, positions, ignore_nodes=["a", "b"])
    assert before is not None
    assert after is not None
    assert [(box.x, box.y) for box in before.boxes] == [(box.x, box.y) for box in after.boxes]
    kinds = {(line.source, line.target): line.kind for line in after.lines}
    assert kinds == {("v", "a"): "faint", ("a", "b"): "faint", ("b", "c"): "faint", ("v", "c"): "detour"}
    detour = next(line for line in after.lines if line.kind == "detour")
    tops = [box.y for box in after.boxes if box.node.id in "ab"]
    assert detour.path.count("H") == 2
    assert all(f",{top - 11:g}" in detour.path for top in tops)


def test_circles_dangling_ends_and_unknown_types_are_drawn() -> None:
    graph = Graph(
        (*graph_of("v > a > b > a").nodes, GraphNode("odd")), (("v", "a"), ("a", "b"), ("b", "a"), ("b", "gone"))
    )
    drawing = picture(graph, compute(graph))
    assert drawing is not None
    assert len(drawing.boxes) == 4
    assert len(drawing.lines) == 3
    assert type_icon("") == "box"


def test_ids_from_outside_never_meet_graphviz_syntax() -> None:
    node_id = 'x"]; digraph { boom } <b>\n'
    graph = Graph((GraphNode(node_id, type_name="A"), GraphNode("y", type_name="B")), ((node_id, "y"),))
    assert set(compute(graph)["nodes"]) == {node_id, "y"}


def test_a_box_says_everything_in_words() -> None:
    graph = Graph((GraphNode("a", type_name="AI Content Generation"),))
    mark = Mark(label="Running", badge="3/5", badge_label="3 of 5 clips finished", tone="active", icon="loader")
    drawing = picture(graph, compute(graph), {"a": mark})
    assert drawing is not None
    box = drawing.boxes[0]
    assert box.title == "AI Content Generation, Running, 3 of 5 clips finished"
    assert box.short_name.endswith("…")
    assert set(drawing.icons) == {"box", "loader"}
    assert 0 < box.badge_x < BOX_WIDTH - box.badge_width


def test_a_small_drawing_knows_sources_by_their_place() -> None:
    small = thumb(compute(graph_of("v > a > b")))
    assert small is not None
    assert [source for _, _, source in sorted(small.boxes)] == [True, False, False]
    assert len(small.lines) == 2
