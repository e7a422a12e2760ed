"""``ignore_nodes``: the table of cases, and any graph at all against a specification written another way."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.engine.execution.clones import Clone, bypass, has_circle, unfold
from runs.engine.execution.start import Plan, PlannedNode, start
from runs.engine.models import EngineAgent, EngineRun, RuntimeEdge
from tests.engine import play

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runs.engine.models import Asset
    from tests.engine.conftest import Api

    Edges = set[tuple[UUID, UUID]]

A, B, C, D, E = (UUID(int=number) for number in range(1, 6))


@pytest.mark.parametrize(
    ("edges", "ignored", "left"),
    [
        pytest.param({(A, B), (B, C)}, {B}, {(A, C)}, id="one before, one after"),
        pytest.param(
            {(A, C), (B, C), (C, D), (C, E)}, {C}, {(A, D), (A, E), (B, D), (B, E)}, id="two before, two after"
        ),
        pytest.param({(A, B), (B, C), (C, D)}, {B, C}, {(A, D)}, id="a chain"),
        pytest.param({(A, B), (B, C)}, {C}, {(A, B)}, id="a leaf"),
        pytest.param({(A, B), (A, C), (B, D), (C, D)}, {B, C}, {(A, D)}, id="duplicates are one"),
        pytest.param({(A, B), (B, C), (A, C)}, {B}, {(A, C)}, id="a join that is there already"),
        pytest.param({(A, B), (B, C)}, {A}, {(B, C)}, id="a first node"),
        pytest.param({(A, B)}, set(), {(A, B)}, id="nothing"),
    ],
)
def test_table(edges: Edges, ignored: set[UUID], left: Edges) -> None:
    assert bypass(edges, ignored) == left


def taken_out_one_by_one(edges: Edges, ignored: Iterable[UUID]) -> Edges:
    """The same thing said as the documentation says it: node by node, each predecessor to each successor."""
    left = set(edges)
    for node in ignored:
        before = {source for source, target in left if target == node}
        after = {target for source, target in left if source == node}
        left = {edge for edge in left if node not in edge} | {(source, target) for source in before for target in after}
    return left


@st.composite
def graphs(draw: st.DrawFn, size: int = 9) -> tuple[list[UUID], Edges, list[UUID]]:
    """A graph without circles, and some of its nodes to ignore, in any order."""
    nodes = [UUID(int=number) for number in range(1, draw(st.integers(1, size)) + 1)]
    pairs = [(source, target) for at, source in enumerate(nodes) for target in nodes[at + 1 :]]
    edges = set(draw(st.lists(st.sampled_from(pairs), max_size=18))) if pairs else set()
    return nodes, edges, draw(st.lists(st.sampled_from(nodes), unique=True))


@settings(deadline=None)
@given(graphs())
def test_any_graph(graph: tuple[list[UUID], Edges, list[UUID]]) -> None:
    _, edges, ignored = graph
    assert bypass(edges, set(ignored)) == taken_out_one_by_one(edges, ignored)


@settings(deadline=None)
@given(graphs(), st.sets(st.integers(1, 9)), st.integers(1, 3))
def test_clones_fold_back_into_the_graph(
    graph: tuple[list[UUID], Edges, list[UUID]], fan_outs: set[int], sources: int
) -> None:
    """Whatever fans out and however often: seen by template node, the run is the graph after bypass."""
    nodes, edges, ignored = graph
    kept = [node for node in nodes if node not in ignored]
    left = bypass(edges, set(ignored))
    fed = {target for _, target in left}
    roots = {node: [f"{node}/{n}" for n in range(sources)] for node in kept if node not in fed}
    fans_out = {UUID(int=number) for number in fan_outs}
    # More than two fan-outs in a row make thousands of clones and show nothing new.
    fans_out = set(sorted(fans_out)[:2])
    whole = unfold(left, roots, fans_out, {})
    clips = {clone: 1 + (clone.original.int % 3) for clone in whole.clones if clone.original in fans_out}
    whole = unfold(left, roots, fans_out, clips)

    assert {clone.original for clone in whole.clones} == set(kept)
    assert {(source.original, target.original) for source, target in whole.edges} == taken_out_one_by_one(
        edges, ignored
    )
    assert len(set(whole.clones)) == len(whole.clones)
    place = {clone: number for number, clone in enumerate(whole.clones)}
    for (source, target), clip in whole.edges.items():
        assert place[source] < place[target]
        assert (clip is not None) == (source.original in fans_out)
        assert target.branch == source.branch or target.branch.startswith(f"{source.branch}/")


def test_two_fan_outs_side_by_side_do_not_mix() -> None:
    edges = {(A, B), (A, C), (B, D), (C, D)}
    whole = unfold(edges, {A: ["x/0"]}, {B, C}, {Clone(B, "x/0"): 2, Clone(C, "x/0"): 3})
    assert sum(clone.original == D for clone in whole.clones) == 5
    assert all(sum(target == clone for _, target in whole.edges) == 1 for clone in whole.clones if clone.original == D)


def test_more_clips_leave_the_clones_that_are_there() -> None:
    edges = {(A, B), (B, C), (C, D)}
    before = unfold(edges, {A: ["x/0"]}, {B}, {})
    after = unfold(edges, {A: ["x/0"]}, {B}, {Clone(B, "x/0"): 3})
    assert set(before.clones) <= set(after.clones)
    assert before.edges.items() <= after.edges.items()
    assert len(after.clones) == len(before.clones) + 4


def test_circles() -> None:
    assert has_circle([A, B], {(A, B), (B, A)})
    assert not has_circle([A, B], {(A, B)})


def quotient(run: EngineRun) -> Edges:
    rows = RuntimeEdge.objects.filter(run=run)
    return set(rows.values_list("source__original_node_id", "target__original_node_id"))


@pytest.mark.django_db
@settings(deadline=None, max_examples=8)
@given(graphs(size=6))
def test_rows_are_the_graph_after_bypass(graph: tuple[list[UUID], Edges, list[UUID]]) -> None:
    """As above, through the database: a Video Input before each first node, Clips in the middle."""
    nodes, edges, ignored = graph
    agent = EngineAgent.objects.create(name="Any")
    kinds = [play.TYPES["Clips" if node.int == 4 else "Mirror"] for node in nodes]
    kept = [
        PlannedNode(node, kind, {}, node.int) for node, kind in zip(nodes, kinds, strict=True) if node not in ignored
    ]
    source = UUID(int=99)
    left = bypass(edges, set(ignored))
    fed = {target for _, target in left}
    left |= {(source, node.id) for node in kept if node.id not in fed}
    first = PlannedNode(source, play.TYPES["Video Input"], {}, 0)
    run = start(Plan(agent, [first, *kept], frozenset(left), {source: [{"video_id": "1"}, {"video_id": "2"}]}))
    assert quotient(run) == left
    run = play.out(run)
    assert run.status == "completed"
    assert quotient(run) == left
    assert {(node.original_node_id, node.status) for node in run.nodes.all()} == {
        (node.id, "completed") for node in (first, *kept)
    }


def test_a_bypassed_leaf_leaves_its_predecessor_the_outputs(inside: Api, asset: Asset) -> None:
    agent = play.make_agent({"in": ("Video Input", []), "cut": ("Mirror", ["in"]), "mark": ("Watermark", ["cut"])})
    _, cut, mark = play.node_ids(agent)
    body = {"video_ids": [str(asset.pk)], "ignore_nodes": [mark]}
    run_id = inside.post(f"/agent/{agent.pk}/run", body)["run_id"]
    play.out(run_id)
    assert [output["original_node_id"] for output in inside.get(f"/agent_run/{run_id}")["outputs"]] == [cut]
