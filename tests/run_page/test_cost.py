"""What the page costs: the same few reads for two nodes and for a hundred, and little time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from runs import layout
from runs.graph import Graph
from runs.models import GraphLayout, Output, Run, RunEvent, RunInput, RunNode
from tests.factories import CLIPS, MIRROR, REFRAME, VIDEO_INPUT, WATERMARK, make_agent, make_graph, make_run

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

QUERIES = 10
SECONDS = 0.150
HTMX = {"HX-Request": "true"}


def large_run(nodes: int = 100) -> Run:
    """Thirty steps, a hundred nodes, twenty outputs, hundreds of events."""
    graph = make_graph(VIDEO_INPUT, CLIPS, *[REFRAME, MIRROR, WATERMARK] * 9, REFRAME)
    run = make_run(make_agent(graph=graph), nodes_completed=40, nodes_in_progress=60, watched_at=timezone.now())
    assert run.agent_version is not None
    GraphLayout.objects.create(
        graph_hash=run.agent_version.graph_hash, positions=layout.compute(Graph.from_json(graph))
    )
    steps = [node["id"] for node in graph["nodes"]]
    states = ("completed", "completed", "running", "failed", "not_started")
    RunNode.objects.bulk_create(
        RunNode(
            run=run,
            remote_id=f"n{n}",
            original_node_id=steps[n % len(steps)],
            type_name="Reframe",
            status=states[n % 5],
            errors=["The picture could not be read."] if n % 5 == 3 else [],
            position=n,
        )
        for n in range(nodes)
    )
    Output.objects.bulk_create(Output(run=run, remote_id=f"o{n}", original_node_id=steps[-1]) for n in range(20))
    RunInput.objects.bulk_create(RunInput(run=run, position=n) for n in range(3))
    RunEvent.objects.bulk_create(
        RunEvent(run=run, source="poll", node_remote_id=f"n{n}", label="Reframe", status_after="running")
        for n in range(3 * nodes)
    )
    return run


@pytest.mark.parametrize("name", ["run", "run-live"])
@pytest.mark.parametrize("nodes", [2, 100])
def test_ten_queries_however_many_nodes(as_bob: Client, name: str, nodes: int) -> None:
    address = reverse(f"runs:{name}", args=[large_run(nodes).pk])
    with CaptureQueriesContext(connection) as queries:
        answer = as_bob.get(address, headers=HTMX if name == "run-live" else {})
    assert answer.status_code == 200
    assert len(queries) <= QUERIES, [query["sql"][:80] for query in queries]


def test_the_first_look_that_leaves_its_mark_costs_no_more(as_alice: Client) -> None:
    run = large_run(3)
    Run.objects.filter(pk=run.pk).update(watched_at=None)
    with CaptureQueriesContext(connection) as queries:
        assert as_alice.get(reverse("runs:run", args=[run.pk])).status_code == 200
    assert len(queries) <= 10, [query["sql"][:90] for query in queries]
    run.refresh_from_db()
    assert run.watched_at is not None


def test_a_hundred_nodes_are_drawn_in_time(as_bob: Client) -> None:
    address = reverse("runs:run", args=[large_run().pk])
    as_bob.get(address)  # templates are compiled once
    spent = []
    for _ in range(5):
        began = time.thread_time()
        assert as_bob.get(address).status_code == 200
        spent.append(time.thread_time() - began)
    # Time on the processor of the best of five: what others do on this machine does not count.
    assert min(spent) <= SECONDS, spent
