"""Positions for a graph, by Graphviz. Jobs alone import this: a layout takes longer than a request may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pygraphviz

from runs.graph.drawing import BOX_HEIGHT, BOX_WIDTH, MARGIN

if TYPE_CHECKING:
    from runs.graph import Graph

# Graphviz measures boxes in inches and positions in points; one point is drawn as one pixel.
POINTS_PER_INCH = 72
COLUMN_GAP, ROW_GAP = 40, 28
HALF_X, HALF_Y = BOX_WIDTH / 2, BOX_HEIGHT / 2


def compute(graph: Graph) -> dict[str, Any]:
    """Lay the graph out from left to right.

    Answers ``{"size": [width, height], "nodes": {id: [x, y]}, "lines": [[source, target, [[x, y], …]]]}`` in pixels
    from the top left: corners of boxes, and Bézier points of connections (one, and then three for each piece). The
    same graph always gets the same positions.
    """
    drawing = pygraphviz.AGraph(directed=True, strict=True)
    drawing.graph_attr.update(
        rankdir="LR",
        splines="spline",
        ranksep=str(COLUMN_GAP / POINTS_PER_INCH),
        nodesep=str(ROW_GAP / POINTS_PER_INCH),
    )
    drawing.node_attr.update(
        shape="box",
        fixedsize="true",
        width=str(BOX_WIDTH / POINTS_PER_INCH),
        height=str(BOX_HEIGHT / POINTS_PER_INCH),
        label="",
    )
    drawing.edge_attr.update(tailport="e", headport="w", arrowhead="none")
    # Numbered names: an id from outside never meets Graphviz' own syntax.
    names = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    ids = {name: node_id for node_id, name in names.items()}
    for name in names.values():
        drawing.add_node(name)
    for source, target in graph.links:
        drawing.add_edge(names[source], names[target])
    drawing.layout(prog="dot")
    return _read(drawing, ids)


def _read(drawing: Any, ids: dict[str, str]) -> dict[str, Any]:  # noqa: ANN401 - pygraphviz has no types
    """Turn Graphviz' centres with the origin at the bottom into corners with the origin at the top."""
    centres = {ids[str(node)]: _point(node.attr["pos"]) for node in drawing.nodes()}
    splines = {(ids[str(edge[0])], ids[str(edge[1])]): _calm(_spline(edge.attr["pos"])) for edge in drawing.edges()}
    corners = [(x + dx, y + dy) for x, y in centres.values() for dx, dy in ((-HALF_X, -HALF_Y), (HALF_X, HALF_Y))]
    everything = [*corners, *(point for points in splines.values() for point in points)] or [(0.0, 0.0)]
    # Lines may run outside the boxes, so they count for the size as well.
    left = min(x for x, _ in everything) - MARGIN
    top = max(y for _, y in everything) + MARGIN
    right = max(x for x, _ in everything) + MARGIN
    bottom = min(y for _, y in everything) - MARGIN

    def place(x: float, y: float) -> list[float]:
        return [round(x - left, 1), round(top - y, 1)]

    return {
        "size": place(right, bottom),
        "nodes": {node_id: place(x - HALF_X, y + HALF_Y) for node_id, (x, y) in centres.items()},
        "lines": [[*edge, [place(x, y) for x, y in points]] for edge, points in splines.items()],
    }


def _calm(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """One even curve between neighbouring columns, where Graphviz would squeeze a loop into the gap."""
    (x1, y1), (x2, y2) = points[0], points[-1]
    if not 0 < x2 - x1 <= 1.5 * COLUMN_GAP:
        return points
    reach = 0.6 * (x2 - x1)
    return [(x1, y1), (x1 + reach, y1), (x2 - reach, y2), (x2, y2)]


def _point(text: str) -> tuple[float, float]:
    x, y = text.split(",")
    return float(x), float(y)


def _spline(text: str | None) -> list[tuple[float, float]]:
    """The points of an edge; without arrowheads Graphviz writes no ``s,`` or ``e,`` entries."""
    return [_point(part) for part in (text or "").split() if part[0] not in "se"]
