"""Bypassing nodes: every predecessor is joined to every successor, and what cannot run says why."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.graph import Graph, detours, problems, runtime_graph, starved
from tests.values.topologies import dags, drawn, graph_of, quick


@pytest.mark.parametrize(
    ("text", "ignored", "left"),
    [
        ("v > a > b", "a", {"v>b"}),
        ("v > a > b", "b", {"v>a"}),
        ("v > a > b > c", "ab", {"v>c"}),
        # m predecessors and n successors: m × n joins
        ("v > a > x > c\nv > b > x > d", "x", {"v>a", "v>b", "a>c", "a>d", "b>c", "b>d"}),
        # what would be joined twice is joined once
        ("v > a > c\nv > b > c", "ab", {"v>c"}),
        ("v > a > c\nv > c", "a", {"v>c"}),
        ("v > a > b > a > c", "ab", {"v>c"}),
        ("v > a\nv > b", "", {"v>a", "v>b"}),
        ("t > v > a", "", {"v>a"}),
    ],
)
def test_joins(text: str, ignored: str, left: set[str]) -> None:
    assert drawn(runtime_graph(graph_of(text), list(ignored))) == left


@st.composite
def bypasses(draw: st.DrawFn) -> tuple[Graph, list[str]]:
    graph = draw(dags())
    return graph, draw(st.lists(st.sampled_from([node.id for node in graph.nodes]), unique=True))


def _reached(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for target in graph.successors.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


@quick
@given(bypasses())
def test_kept_nodes_reach_exactly_the_kept_nodes_they_reached_before(case: tuple[Graph, list[str]]) -> None:
    graph, ignored = case
    runtime = runtime_graph(graph, ignored)
    assert [node.id for node in runtime.nodes] == [node.id for node in graph.nodes if node.id not in ignored]
    for node in runtime.nodes:
        assert _reached(runtime, node.id) == _reached(graph, node.id) - set(ignored)


@quick
@given(bypasses(), st.data())
def test_one_after_the_other_is_the_same_as_all_at_once(case: tuple[Graph, list[str]], data: st.DataObject) -> None:
    graph, ignored = case
    step_by_step = graph
    for node_id in data.draw(st.permutations(ignored)):
        step_by_step = runtime_graph(step_by_step, [node_id])
    assert set(step_by_step.links) == set(runtime_graph(graph, ignored).links)


@quick
@given(bypasses())
def test_each_join_is_a_connection_or_leads_past_bypassed_nodes_only(case: tuple[Graph, list[str]]) -> None:
    graph, ignored = case
    ways = detours(graph, ignored)
    for edge in runtime_graph(graph, ignored).links:
        if edge in graph.links:
            assert edge not in ways
            continue
        path = (edge[0], *ways[edge], edge[1])
        assert set(ways[edge]) <= set(ignored)
        assert set(itertools.pairwise(path)) <= set(graph.links)


@pytest.mark.parametrize(
    ("text", "ignored", "node_id", "word"),
    [
        ("v > a > b", "v", "v", "cannot be bypassed"),
        ("g > a > b", "g", "g", "cannot be bypassed"),
        ("v > a > b", "ab", "", "Nothing would be left"),
        ("v", "", "", "Nothing would be left"),
        ("a > b", "", "", "nothing to start from"),
        ("v > a", "x", "", "not part of this agent any more"),
        ("v > a > b > a", "", "", "wait for each other"),
    ],
)
def test_what_cannot_run_says_why(text: str, ignored: str, node_id: str, word: str) -> None:
    found = problems(graph_of(text), list(ignored))
    assert any(problem.node_id == node_id and word in problem.text for problem in found), found


@pytest.mark.parametrize(
    ("text", "ignored"), [("v > a > b", "a"), ("g > a", ""), ("v > g > a", "g"), ("v > a\nv > b", "a")]
)
def test_what_can_run_has_no_problems(text: str, ignored: str) -> None:
    assert problems(graph_of(text), list(ignored)) == ()


def test_what_no_source_reaches_is_starved() -> None:
    assert starved(graph_of("v > a\nb > c")) == ("b", "c")
    assert starved(graph_of("v > a\nv > g > b"), ["a"]) == ()
