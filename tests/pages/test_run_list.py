"""The run list: filters in the address, pages by position, and a cost that does not grow with the rows."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from runs.models import Run
from runs.views.run_list import PAGE_SIZE, BadCursor, Cursor, page_of
from tests.factories import make_agent, make_run

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def _shown(client: Client, query: str = "") -> list[str]:
    """Ids of the runs on the page, from top to bottom."""
    page = client.get(f"/runs/{query}").content.decode()
    return re.findall(r'class="run-table__link" href="/runs/([0-9a-f-]{36})/"', page)


def test_a_row_tells_status_agent_progress_person_and_connection(as_bob: Client) -> None:
    agent = make_agent(name="Podcast shorts")
    make_run(agent, nodes_completed=3, nodes_failed=1, nodes_in_progress=2, status_message="Rendering clip 3")
    page = as_bob.get("/runs/").content.decode()
    for text in ("Running", "Podcast shorts", "3/6", "1 failed", "elsewhere", agent.connection.name, "clip 3", "ago"):
        assert text in page


def test_an_unknown_status_is_shown_as_it_came_and_can_be_filtered_by(as_bob: Client) -> None:
    run = make_run(status="paused_by_admin")
    make_run()
    page = as_bob.get("/runs/?status=paused_by_admin").content.decode()
    assert "Paused by admin" in page
    assert _shown(as_bob, "?status=paused_by_admin") == [str(run.pk)]


def test_each_filter_narrows(as_bob: Client) -> None:
    shorts, other = make_agent(name="Podcast shorts"), make_agent(name="Trailer")
    old = make_run(shorts, status="failed", created_at=timezone.now() - timedelta(days=9), status_message="No sound")
    new = make_run(other, status="completed")
    going = make_run(other)
    day = f"{timezone.localtime(old.created_at):%Y-%m-%d}"
    for query, expected in {
        "": [going, new, old],
        "?status=failed": [old],
        "?status=active": [going],
        "?status=attention": [old],
        f"?agent={other.pk}": [going, new],
        f"?to={day}": [old],
        f"?from={day}&to={day}": [old],
        f"?from={timezone.localtime():%Y-%m-%d}": [going, new],
        "?q=no+sound": [old],
        "?q=podcast": [old],
        f"?q={new.pk}": [new],
        f"?q={new.remote_id}": [new],
        "?q=podcast&status=completed": [],
    }.items():
        assert _shown(as_bob, query) == [str(run.pk) for run in expected], query


def test_search_takes_letters_that_mean_something_to_the_database_literally(as_bob: Client) -> None:
    make_run(status_message="all of it")
    percent = make_run(status_message="90% done")
    assert _shown(as_bob, "?q=0%25+d") == [str(percent.pk)]
    assert _shown(as_bob, "?q=a_l") == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?agent=not-an-id", "There is no such agent any more."),
        ("?from=yesterday", "Write the day as year-month-day"),
        ("?from=2026-11-22&to=2026-11-20", "The last day is before the first."),
        ("?status=Drop+Table", "There is no such status."),
        ("?cursor=rubbish", "That place in the list cannot be found"),
        ("?to=9999-12-31", "Choose a day between 2000 and 2199."),
        ("?from=0001-01-01", "Choose a day between 2000 and 2199."),
        ("?cursor=older-999999999999999999-" + "0" * 32, "That place in the list cannot be found"),
    ],
)
def test_values_that_cannot_be_used_are_named_and_the_list_is_still_there(
    as_bob: Client, query: str, sentence: str
) -> None:
    make_run(created_at=timezone.now() - timedelta(days=400))
    response = as_bob.get(f"/runs/{query}")
    assert response.status_code == 200
    assert sentence in response.content.decode()


def test_filters_stay_in_the_links_of_tabs_and_pages(as_bob: Client) -> None:
    for _ in range(PAGE_SIZE + 1):
        make_run(status_message="No sound")
    page = as_bob.get("/runs/?q=sound").content.decode()
    assert 'href="?q=sound&amp;status=failed"' in page
    assert re.search(r'href="\?q=sound&amp;cursor=older-', page)


def test_paging_older_and_newer_shows_every_run_once_even_at_equal_times(as_bob: Client) -> None:
    moment = timezone.now()
    agent = make_agent()
    for number in range(23):
        make_run(agent, created_at=moment - timedelta(seconds=number // 4))
    expected = list(Run.objects.order_by("-created_at", "-id"))
    pages = [page_of(Run.objects.all(), None, 5)]
    while pages[-1].older:
        pages.append(page_of(Run.objects.all(), Cursor.parse(pages[-1].older), 5))
    assert [run for page in pages for run in page.runs] == expected
    assert (pages[0].newer, pages[-1].older) == ("", "")
    back = page_of(Run.objects.all(), Cursor.parse(pages[3].newer), 5)
    assert back.runs == pages[2].runs
    first = page_of(Run.objects.all(), Cursor.parse(pages[1].newer), 5)
    assert (first.runs, first.newer) == (pages[0].runs, "")


def test_a_page_of_newer_rows_that_is_not_full_becomes_the_first_page(as_bob: Client) -> None:
    moment = timezone.now()
    agent = make_agent()
    runs = [make_run(agent, created_at=moment - timedelta(minutes=number)) for number in range(7)]
    page = page_of(Run.objects.all(), Cursor.beside(runs[3], "newer"), 5)
    assert page.runs == runs[:5]


@pytest.mark.parametrize("text", ["", "older", "older-1-2", "sideways-1-" + "0" * 32, "older--1-" + "0" * 32])
def test_foreign_cursors_are_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        Cursor.parse(text)


def test_twenty_rows_cost_no_more_queries_than_ten_and_no_more_than_the_budget(as_alice: Client) -> None:
    counts = []
    for _ in range(2):
        for _ in range(10):
            make_run(make_agent())
        with CaptureQueriesContext(database) as queries:
            assert as_alice.get("/runs/?q=agent").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


@pytest.mark.parametrize(
    ("name", "index"),
    [("active", "run_active"), ("needing_attention", "run_attention"), ("waiting_for_credits", "run_waiting")],
)
def test_home_and_credits_read_from_indexes_of_their_own(db: None, name: str, index: str) -> None:
    runs = getattr(Run.objects.all(), name)().order_by("-created_at", "-id")[:20]
    assert index in runs.explain()


def test_a_cursor_is_searched_in_the_index_and_not_counted_off(db: None) -> None:
    run = make_run()
    plan = Cursor.beside(run, "older").cut(Run.objects.all())[:50].explain()
    assert "SEARCH" in plan
    assert "run_newest" in plan
    assert "TEMP B-TREE" not in plan


def test_strangers_are_told_that_they_have_no_role(as_charlie: Client) -> None:
    make_run(make_agent(name="Secret agent"))
    response = as_charlie.get("/runs/")
    assert response.status_code == 403
    assert "no role yet" in response.content.decode()
    assert "Secret agent" not in response.content.decode()


def test_empty_lists_teach_the_next_step(as_bob: Client) -> None:
    assert "No runs yet" in as_bob.get("/runs/").content.decode()
    assert "No run fits" in as_bob.get("/runs/?q=nothing").content.decode()
