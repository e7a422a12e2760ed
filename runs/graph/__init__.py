"""Graphs of agents as pure values: no Django, no rows, no requests."""

from __future__ import annotations

from runs.graph.bypass import Problem, detours, flaws, problems, runtime_graph, starved
from runs.graph.drawing import Box, Line, Mark, Picture, Thumb, picture, thumb, type_icon
from runs.graph.values import GENERATION_TYPES, VIDEO_INPUT, Graph, GraphNode

__all__ = [
    "GENERATION_TYPES",
    "VIDEO_INPUT",
    "Box",
    "Graph",
    "GraphNode",
    "Line",
    "Mark",
    "Picture",
    "Problem",
    "Thumb",
    "detours",
    "flaws",
    "picture",
    "problems",
    "runtime_graph",
    "starved",
    "thumb",
    "type_icon",
]
