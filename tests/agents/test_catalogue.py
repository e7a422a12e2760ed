"""The catalogue: every agent by connection, how its last runs went, and what the page costs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from runs.graph import Graph
from runs.layout import compute
from runs.models import GraphLayout
from tests.factories import make_agent, make_connection, make_output, make_run

if TYPE_CHECKING:
    from django.test import Client

    from runs.models import Agent


def names(browser: Client, **query: str) -> list[str]:
    """The agents shown, in order."""
    groups = browser.get("/agents/", query).context["list"].groups
    return [card.agent.name for _, cards in groups for card in cards]


def card_of(browser: Client, agent: Agent) -> object:
    """The card of one agent."""
    groups = browser.get("/agents/").context["list"].groups
    return next(card for _, cards in groups for card in cards if card.agent == agent)


def test_an_empty_catalogue_teaches(as_alice: Client) -> None:
    text = as_alice.get("/agents/").content.decode()
    assert "No agents yet" in text
    assert 'href="/settings/"' in text


def test_agents_stand_by_connection_and_name(as_alice: Client) -> None:
    second, first = make_connection(name="Mosaic"), make_connection(name="Local engine")
    for connection, name in ((second, "b"), (first, "z"), (second, "a"), (first, "y")):
        make_agent(connection, name=name)
    assert names(as_alice) == ["y", "z", "a", "b"]


def test_what_is_gone_or_switched_off_is_not_offered(as_alice: Client) -> None:
    make_agent(name="gone", removed_at=timezone.now())
    make_agent(make_connection(is_enabled=False), name="off")
    make_agent(name="here")
    assert names(as_alice) == ["here"]


def test_search_looks_at_names(as_alice: Client) -> None:
    connection = make_connection()
    for name in ("Podcast shorts", "Two-camera cut"):
        make_agent(connection, name=name)
    assert names(as_alice, q="CAMERA") == ["Two-camera cut"]
    text = as_alice.get("/agents/", {"q": "zzz<b>"}).content.decode()
    assert "No agent is called that" in text
    assert "zzz<b>" not in text


def test_pages_follow_each_other_without_gaps(as_alice: Client) -> None:
    one, two = make_connection(name="One"), make_connection(name="Two")
    for number in range(30):
        make_agent(one if number % 2 else two, name=f"Agent {number % 7}")
    seen, cursor = [], ""
    for _ in range(3):
        shown = as_alice.get("/agents/", {"cursor": cursor}).context["list"]
        seen += [card.agent.pk for _, cards in shown.groups for card in cards]
        cursor = shown.next_cursor
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 30


@pytest.mark.parametrize("cursor", ["x", "e30=", "WzFd", "W251bGxd", "%00", "WyJhIiwgImIiLCAiYyJd"])
def test_a_broken_cursor_is_the_first_page(as_alice: Client, cursor: str) -> None:
    make_agent(name="here")
    assert names(as_alice, cursor=cursor) == ["here"]


def test_the_strip_shows_the_last_ten_runs_oldest_first(as_alice: Client) -> None:
    agent, other = make_agent(), make_agent()
    now = timezone.now()
    for number in range(12):
        status = "failed" if number == 0 else "completed"
        made = now - timedelta(hours=number)
        make_run(
            agent, status=status, created_at=made, started_at=made, finished_at=made + timedelta(seconds=60 + number)
        )
    make_run(other)
    card = card_of(as_alice, agent)
    assert len(card.runs) == 10  # type: ignore[attr-defined]
    assert [run.status for run in card.runs] == ["completed"] * 9 + ["failed"]  # type: ignore[attr-defined]
    assert card.typical == timedelta(seconds=65)  # type: ignore[attr-defined]
    assert "usually 1 min 5 s" in as_alice.get("/agents/").content.decode()


def test_an_agent_without_runs_says_so_and_has_no_typical_time(as_alice: Client) -> None:
    card = card_of(as_alice, make_agent())
    assert card.typical is None  # type: ignore[attr-defined]
    assert "No runs yet" in as_alice.get("/agents/").content.decode()


def test_a_clip_is_carried_along_to_agents_of_its_connection(as_alice: Client) -> None:
    agent = make_agent(name="same")
    make_agent(name="other")
    output = make_output(make_run(agent))
    assert names(as_alice, use=str(output.pk)) == ["same"]
    text = as_alice.get("/agents/", {"use": str(output.pk)}).content.decode()
    assert f"/agents/{agent.pk}/?use={output.pk}" in text
    assert "not there any more" in as_alice.get("/agents/", {"use": "nonsense"}).content.decode()


def test_viewers_look_and_strangers_do_not(as_bob: Client, as_charlie: Client) -> None:
    make_agent(name="here")
    text = as_bob.get("/agents/").content.decode()
    assert "here" in text
    assert "agent-card__start" not in text
    assert as_charlie.get("/agents/").status_code == 403


@pytest.mark.usefixtures("no_query_in_templates")
def test_twenty_agents_cost_no_more_queries_than_ten(as_alice: Client) -> None:
    connection = make_connection()

    def grow(count: int) -> int:
        for _ in range(count):
            agent = make_agent(connection)
            version = agent.current_version
            assert version is not None
            GraphLayout.objects.get_or_create(
                graph_hash=version.graph_hash, defaults={"positions": compute(Graph.from_json(version.graph))}
            )
            for _ in range(3):
                make_run(agent)
        with CaptureQueriesContext(database) as spent:
            answer = as_alice.get("/agents/")
        assert answer.content.count(b"graph-thumb__box") >= count
        return len(spent)

    ten, twenty = grow(10), grow(10)
    assert twenty == ten <= 10
