"""One status for many clones, and names for what the template does not know."""

from __future__ import annotations

import pytest

from runs.graph import Graph
from runs.views.run_nodes import UNASSIGNED, combined_status, group_nodes
from tests.factories import MIRROR, VIDEO_INPUT, make_agent, make_graph, make_node, make_output, make_run


@pytest.mark.parametrize(
    ("values", "combined"),
    [
        ("completed", "completed"),
        ("completed completed", "completed"),
        ("completed running failed", "running"),
        ("completed queued", "running"),
        ("failed queued", "queued"),
        ("not_started queued", "queued"),
        ("completed failed", "partial_complete"),
        ("partial_complete completed", "partial_complete"),
        ("failed blocked", "failed"),
        ("blocked cancelled", "blocked"),
        ("levitating levitating", "levitating"),
        ("levitating completed", "levitating"),
    ],
)
def test_while_the_run_goes_on_what_moves_wins(values: str, combined: str) -> None:
    assert combined_status(values.split()) == combined


@pytest.mark.parametrize(
    ("values", "combined"),
    [
        ("completed not_started", "partial_complete"),
        ("failed not_started", "failed"),
        ("queued not_started", "queued"),
        ("cancelled queued", "cancelled"),
    ],
)
def test_once_the_run_is_over_what_waits_will_not_get_its_turn(values: str, combined: str) -> None:
    assert combined_status(values.split(), is_over=True) == combined


@pytest.mark.django_db
def test_nodes_the_template_does_not_know_come_last_under_their_type() -> None:
    graph = make_graph(VIDEO_INPUT, MIRROR)
    run = make_run(make_agent(graph=graph))
    nodes = [
        make_node(run, "gone", type_name="Old Step"),
        make_node(run, "", type_name=""),
        make_node(run, "odd", type_name=""),
    ]
    outputs = [make_output(run, original_node_id="vanished")]
    groups = group_nodes(Graph.from_json(graph), (), nodes, outputs, run)
    assert [group.name for group in groups] == [
        "Video Input",
        "Mirror",
        "Old Step",
        "Unassigned",
        "Unknown node",
        "Unknown node",
    ]
    assert groups[3].id == UNASSIGNED
    assert [group.is_listed for group in groups] == [True, True, True, True, True, False]


@pytest.mark.django_db
def test_a_bypassed_node_that_ran_all_the_same_is_shown_as_it_ran() -> None:
    graph = make_graph(VIDEO_INPUT, MIRROR)
    run = make_run(make_agent(graph=graph))
    mirror = graph["nodes"][1]["id"]
    (source, bypassed) = group_nodes(Graph.from_json(graph), (mirror,), [], [], run)
    assert (source.is_bypassed, bypassed.is_bypassed) == (False, True)
    groups = group_nodes(Graph.from_json(graph), (mirror,), [make_node(run, mirror)], [], run)
    assert [group.is_bypassed for group in groups] == [False, False]


@pytest.mark.django_db
def test_errors_of_odd_shapes_are_left_out_not_raised() -> None:
    graph = make_graph(VIDEO_INPUT, MIRROR)
    mirror = graph["nodes"][1]["id"]
    errors = [{"original_node_id": mirror, "messages": ["Broken."]}, {"messages": None}, "text", 7, None]
    run = make_run(make_agent(graph=graph), errors=errors)
    groups = group_nodes(Graph.from_json(graph), (), [make_node(run, mirror, errors=["Broken.", 5])], [], run)
    assert [(complaint.text, complaint.count) for complaint in groups[1].complaints] == [("Broken.", 1), ("5", 1)]
