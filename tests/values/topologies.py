"""Graphs drawn as text: ``a > b > c`` is a chain, each line adds to the graph. ``v…`` are Video Inputs."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from runs.graph import VIDEO_INPUT, Graph, GraphNode

# The machine may be busy: no deadline; enough examples to meet every shape of small graph.
quick = settings(max_examples=40, deadline=None)
MIRROR = "71156aca-3e21-45b0-8960-099dba07c83a"
VIDEO_GENERATION = "a2eb3ec2-da7a-4f97-94d2-a9a537548522"


def kind_of(name: str) -> tuple[str, str]:
    """The node type that a letter stands for."""
    kinds = {
        "v": (VIDEO_INPUT, "Video Input"),
        "g": (VIDEO_GENERATION, "Video Generation"),
        "t": ("", "YouTube Trigger"),
    }
    return kinds.get(name[0], (MIRROR, "Mirror"))


def graph_of(text: str, **params: dict[str, Any]) -> Graph:
    """Read the drawing; a node is there once it is named."""
    nodes: dict[str, GraphNode] = {}
    edges: list[tuple[str, str]] = []
    for line in text.strip().splitlines():
        chain = [part.strip() for part in line.split(">")]
        for name in chain:
            nodes.setdefault(name, GraphNode(name, *kind_of(name), params=params.get(name, {})))
        edges += itertools.pairwise(chain)
    return Graph(tuple(nodes.values()), tuple(edges))


def drawn(graph: Graph) -> set[str]:
    """The connections as ``a>b``."""
    return {f"{source}>{target}" for source, target in graph.links}


@st.composite
def dags(draw: st.DrawFn, most: int = 9) -> Graph:
    """Any acyclic graph of up to ``most`` nodes; the first is a Video Input."""
    count = draw(st.integers(2, most))
    names = ["v0", *(f"n{number}" for number in range(1, count))]
    pairs = [(names[left], names[right]) for left in range(count) for right in range(left + 1, count)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True))
    return Graph(tuple(GraphNode(name, *kind_of(name)) for name in names), tuple(edges))
