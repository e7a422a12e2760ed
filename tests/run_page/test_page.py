"""What the run page says, state by state."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from runs import layout, statuses
from runs.graph import Graph
from runs.models import GraphLayout, RunEvent
from runs.views.run_timeline import NEWEST
from tests.factories import (
    CLIPS,
    MIRROR,
    REFRAME,
    VIDEO_INPUT,
    make_agent,
    make_graph,
    make_input,
    make_node,
    make_output,
    make_run,
)

if TYPE_CHECKING:
    from django.test import Client

    from runs.models import Run

pytestmark = pytest.mark.django_db

ROOTS = ("run-live", "run-status", "run-actions", "run-graph", "run-nodes", "run-outputs", "run-timeline")


def shown(client: Client, run: Run, query: str = "") -> str:
    response = client.get(reverse("runs:run", args=[run.pk]) + query)
    assert response.status_code == 200
    return response.content.decode()


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def drawn_run(*types: str, **fields: Any) -> tuple[Run, list[str]]:
    """A run of a chain whose picture is there, and its template node ids."""
    graph = make_graph(*types)
    run = make_run(make_agent(graph=graph, name="Podcast shorts"), **fields)
    version = run.agent_version
    assert version is not None
    positions = layout.compute(Graph.from_json(graph))
    GraphLayout.objects.get_or_create(graph_hash=version.graph_hash, defaults={"positions": positions})
    return run, [node["id"] for node in graph["nodes"]]


def test_every_part_is_there_once(as_bob: Client) -> None:
    html = shown(as_bob, make_run())
    for root in ROOTS:
        assert html.count(f'id="{root}"') == 1
    assert 'data-run-status="running"' in html


@pytest.mark.parametrize("status", [*statuses.RUN_STATUSES, "levitating"])
def test_every_status_known_or_not_is_shown_by_its_word(as_bob: Client, status: str) -> None:
    html = shown(as_bob, make_run(status=status))
    assert f'data-run-status="{status}"' in html
    label = statuses.run_status(status).label
    assert label in text_of(html)
    assert f"<title>{label}" in html


@pytest.mark.parametrize("status", [*statuses.NODE_STATUSES, "daydreaming"])
def test_every_node_status_known_or_not_is_shown(as_bob: Client, status: str) -> None:
    run, (_, mirror) = drawn_run(VIDEO_INPUT, MIRROR)
    make_node(run, mirror, status=status)
    html = shown(as_bob, run)
    assert html.count(f'data-node-id="{mirror}" data-node-status="{status}"') == 2
    assert statuses.node_status(status).label in text_of(html)


def test_only_an_active_run_polls_and_its_address_names_the_version(as_bob: Client) -> None:
    running = shown(as_bob, make_run(version=7))
    assert re.search(r'hx-get="[^"]*/live/\?v=7&amp;every=1"', running)
    assert 'hx-trigger="every 1s, run:refresh"' in running
    assert 'hx-trigger="run:refresh"' in shown(as_bob, make_run(status="completed"))


def test_the_pace_slows_down_when_nothing_changes(as_bob: Client) -> None:
    long_ago = timezone.now() - timedelta(minutes=5)
    assert "every 2s," in shown(as_bob, make_run(changed_at=long_ago))
    assert "every 5s," in shown(as_bob, make_run(changed_at=long_ago - timedelta(minutes=6)))


def test_fanned_out_nodes_are_folded_and_counted(as_bob: Client) -> None:
    run, (source, clips, reframe) = drawn_run(VIDEO_INPUT, CLIPS, REFRAME)
    make_node(run, source, status="completed")
    make_node(run, clips, status="completed")
    for status in ("completed", "completed", "running", "not_started", "failed"):
        make_node(run, reframe, status=status, errors=["No face was found."] if status == "failed" else [])
    html = shown(as_bob, run)
    assert html.count(f'data-node-id="{reframe}" data-node-status="running"') == 2
    assert html.count("data-clone-status=") == 5
    assert f'<details class="fold run-node__clones" id="clones-{reframe}">' in html
    assert "2/5" in html
    assert "2 of 5 done" in html
    assert "No face was found." in text_of(html)


def test_errors_stand_at_the_top_by_name_and_at_their_node(as_bob: Client) -> None:
    run, (_, mirror) = drawn_run(
        VIDEO_INPUT,
        MIRROR,
        status="failed",
        errors=[
            {"original_node_id": None, "messages": ["The project file was lost."]},
            {"unexpected": "shape"},
        ],
    )
    make_node(run, mirror, status="failed", errors=["Frame 312 is damaged."])
    html = shown(as_bob, run)
    status_part = html[html.index('id="run-status"') : html.index('id="run-actions"')]
    assert f'<a href="#node-{mirror}">Mirror</a>' in status_part
    assert "Frame 312 is damaged." in status_part
    assert "The project file was lost." in status_part
    assert "Frame 312 is damaged." in html[html.index('id="run-nodes"') :]


def test_bypassed_nodes_are_dimmed_and_named(as_bob: Client) -> None:
    run, (_, mirror, _) = drawn_run(VIDEO_INPUT, MIRROR, REFRAME)
    run.body = {"ignore_nodes": [mirror]}
    run.save()
    html = shown(as_bob, run)
    assert re.search(rf'data-node-id="{mirror}" data-node-status="bypassed"[^>]*data-bypassed', html)
    assert "1 bypassed in this run: Mirror" in text_of(html)


def test_outputs_stand_under_their_node_and_strays_under_unassigned(as_bob: Client) -> None:
    run, (_, mirror) = drawn_run(VIDEO_INPUT, MIRROR)
    make_node(run, mirror, status="completed")
    mine = make_output(run, original_node_id=mirror, premiere_url="https://media.example/p.zip?signature=secret")
    stray = make_output(run, original_node_id="")
    html = shown(as_bob, run)
    part = html[html.index('id="run-outputs"') : html.index('id="run-nodes"')]
    assert f'<a href="#node-{mirror}">Mirror</a>' in part
    assert "Unassigned" in part
    for output in (mine, stray):
        assert f'data-output-id="{output.pk}"' in part
        assert f'src="/outputs/{output.pk}/video"' in part
        assert f"/agents/?use={output.pk}" in part
    assert part.count("/premiere") == 1
    assert f'href="#outputs-{mirror}"' in html
    assert "signature=secret" not in part


def test_completed_without_outputs_is_a_warning(as_bob: Client) -> None:
    assert 'id="run-empty"' in shown(as_bob, make_run(status="completed"))
    run = make_run(status="completed")
    make_output(run)
    assert 'id="run-empty"' not in shown(as_bob, run)


def test_inputs_can_be_played(as_bob: Client) -> None:
    item = make_input(make_run())
    html = shown(as_bob, item.run)
    assert f'src="/inputs/{item.pk}/video"' in html
    assert f'poster="/inputs/{item.pk}/thumbnail"' in html


def test_the_body_is_whole_for_editors_and_masked_for_viewers(as_alice: Client, as_bob: Client) -> None:
    run = make_run()
    assert "talk.mp4?signature=secret" in shown(as_alice, run)
    masked = shown(as_bob, run)
    assert "talk.mp4" in masked
    assert "secret" not in masked


def test_a_run_started_elsewhere_says_so(as_alice: Client) -> None:
    text = text_of(shown(as_alice, make_run(body=None)))
    assert "started outside this dashboard" in text
    assert "Run again" not in text


def test_a_failed_look_shows_the_reason_and_the_last_contact(as_bob: Client) -> None:
    text = text_of(shown(as_bob, make_run(sync_error="Mosaic did not answer.", synced_at=timezone.now())))
    assert "The last look at this run failed" in text
    assert "Mosaic did not answer. We keep trying." in text


def test_the_timeline_tells_when_and_from_where_and_counts_what_repeats(as_bob: Client) -> None:
    run, (_, mirror) = drawn_run(VIDEO_INPUT, MIRROR)
    now = timezone.now()
    RunEvent.objects.create(run=run, source="start", at=now, label="Start", status_after="starting", text="Sent.")
    for number in range(3):
        RunEvent.objects.create(
            run=run,
            source="poll",
            at=now,
            node_remote_id=f"clone-{number}",
            original_node_id=mirror,
            label="Mirror",
            status_before="queued",
            status_after="running",
        )
    html = shown(as_bob, run)
    part = text_of(html[html.index('id="run-timeline"') :])
    assert "Mirror queued → running ×3" in part
    assert "Start starting" in part
    assert part.count(f"{timezone.localtime(now):%H:%M:%S}") == 2
    assert "Known from the start" in text_of(html)


def test_a_long_timeline_is_cut_and_can_be_had_in_full(as_bob: Client) -> None:
    run = make_run()
    RunEvent.objects.bulk_create(RunEvent(run=run, source="poll", label="Step", text=f"Fact {n}.") for n in range(70))
    assert "Fact 0." not in shown(as_bob, run)
    assert "Show everything" in shown(as_bob, run)
    everything = shown(as_bob, run, "?timeline=all")
    assert "Fact 0." in everything
    assert "timeline=all" in re.findall(r'hx-get="([^"]+)"', everything)[0]


def test_the_newest_moments_stand_open_and_the_rest_is_folded(as_bob: Client) -> None:
    run, now = make_run(), timezone.now()
    for minute in range(NEWEST + 1):
        RunEvent.objects.create(run=run, source="poll", at=now - timedelta(minutes=minute), text=f"Fact {minute}.")
    assert 'id="run-timeline-earlier"' not in shown(as_bob, run), "nothing is folded away for one line"
    RunEvent.objects.create(run=run, source="poll", at=now - timedelta(hours=1), text="The first fact.")
    newest, _, earlier = shown(as_bob, run).partition('id="run-timeline-earlier"')
    assert f"Fact {NEWEST - 1}." in newest
    assert f"Fact {NEWEST}." not in newest
    assert "The first fact." in earlier


def test_cancelled_nodes_count_among_the_nodes(as_bob: Client) -> None:
    run, (_, mirror) = drawn_run(VIDEO_INPUT, MIRROR, status="cancelled", nodes_completed=1)
    for status in ("completed", "cancelled", "cancelled", "cancelled"):
        make_node(run, mirror, status=status)
    html = shown(as_bob, run)
    assert "1 of 4 nodes finished" in text_of(html)
    assert 'max="100" value="25"' in html


def test_a_message_that_only_repeats_the_error_is_shown_once(as_bob: Client) -> None:
    run, (_, mirror) = drawn_run(VIDEO_INPUT, MIRROR, status="failed")
    make_node(run, mirror, status="failed", status_message="No sound.", errors=["No sound."])
    html = shown(as_bob, run)
    row = html[html.index('id="run-nodes"') : html.index('id="run-timeline"')]
    assert row.count("No sound.") == 1


@pytest.mark.parametrize(("age", "waits"), [(0, True), (3600, False)])
def test_a_drawing_that_is_still_being_made_is_waited_for(as_bob: Client, age: int, waits: bool) -> None:
    run = make_run(make_agent(graph=make_graph(VIDEO_INPUT, MIRROR)), status="completed")
    assert run.agent_version is not None
    GraphLayout.objects.all().delete()
    run.agent_version.first_seen_at = timezone.now() - timedelta(seconds=age)
    run.agent_version.save()
    html = shown(as_bob, run)
    assert ('id="run-graph-waits"' in html) is waits
    assert ("appears here in a moment" in html) is waits


def test_strangers_get_404_and_the_logged_out_the_login_form(as_charlie: Client, client: Client) -> None:
    address = reverse("runs:run", args=[make_run().pk])
    assert as_charlie.get(address).status_code == 404
    assert client.get(address).headers["Location"].startswith(reverse("runs:login"))


def test_the_page_is_only_read(as_alice: Client) -> None:
    assert as_alice.post(reverse("runs:run", args=[make_run().pk])).status_code == 405


def test_text_from_the_remote_is_never_markup(as_bob: Client) -> None:
    run, (_, mirror) = drawn_run(VIDEO_INPUT, MIRROR, status_message="<script>alert(1)</script>")
    make_node(run, mirror, status='"><b>', errors=["<img src=x>"])
    html = shown(as_bob, run)
    assert "<script>alert" not in html
    assert "<img src=x>" not in html
    assert '"><b>' not in html
