"""The poll: cheap without news, whole with news, and right about who asks."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from runs.models import Run
from tests.factories import make_run

if TYPE_CHECKING:
    from typing import Any

    from django.contrib.auth.models import User
    from django.test import Client

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
HEADER_BOUND = 300


def poll(client: Client, run: Run, **params: str | int) -> Any:
    return client.get(reverse("runs:run-live", args=[run.pk]), params, headers=HTMX)


def test_without_news_it_is_204_with_nothing_in_it(as_bob: Client) -> None:
    run = make_run(version=3)
    answer = poll(as_bob, run, v=3)
    assert answer.status_code == 204
    assert answer.content == b""


def test_without_news_it_costs_two_reads(as_bob: Client) -> None:
    run = make_run(version=3, watched_at=timezone.now())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert poll(as_bob, run, v=3, every=1).status_code == 204
    assert len(queries) == 2, [query["sql"][:200] for query in queries]
    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_without_news_the_headers_are_small(as_bob: Client) -> None:
    run = make_run(version=3, synced_at=timezone.now())
    answer = poll(as_bob, run, v=3)
    # The server adds the status line, Date and Server, some 90 bytes.
    assert sum(len(f"{name}: {value}\r\n") for name, value in answer.headers.items()) <= HEADER_BOUND - 90
    assert "Content-Security-Policy" not in answer.headers
    assert answer.headers["X-Synced-At"] == f"{run.synced_at:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("params", [{"v": 2}, {"v": "x"}, {}])
def test_with_news_it_is_the_live_root_alone(as_bob: Client, params: dict[str, str | int]) -> None:
    answer = poll(as_bob, make_run(version=3), **params)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert html.startswith('<div class="run" id="run-live"')
    assert html.endswith("</div>")
    assert 'data-version="3"' in html
    assert "<html" not in html


def test_the_poll_and_the_page_draw_the_same(as_bob: Client) -> None:
    run = make_run(status="completed")
    page = as_bob.get(reverse("runs:run", args=[run.pk])).content.decode()
    assert poll(as_bob, run).content.decode() in page


def test_a_page_that_asks_more_often_than_it_should_is_slowed_down(as_bob: Client) -> None:
    run = make_run(version=3, changed_at=timezone.now() - timedelta(minutes=5))
    assert 'hx-trigger="every 2s, run:refresh"' in poll(as_bob, run, v=3, every=1).content.decode()
    assert poll(as_bob, run, v=3, every=2).status_code == 204
    assert poll(as_bob, run, v=3).status_code == 204


def test_polling_marks_the_run_watched_at_most_every_ten_seconds(as_bob: Client) -> None:
    run = make_run()
    poll(as_bob, run, v=1)
    run.refresh_from_db()
    first = run.watched_at
    assert first is not None
    poll(as_bob, run, v=1)
    run.refresh_from_db()
    assert run.watched_at == first
    Run.objects.filter(pk=run.pk).update(watched_at=first - timedelta(seconds=11))
    poll(as_bob, run, v=1)
    run.refresh_from_db()
    assert run.watched_at > first - timedelta(seconds=11)


def test_whoever_is_logged_out_is_told_to_load_the_page_anew(client: Client) -> None:
    run = make_run()
    answer = poll(client, run, v=1)
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (401, "true")
    plain = client.get(reverse("runs:run-live", args=[run.pk]))
    assert plain.headers["Location"].startswith(reverse("runs:login"))


def test_a_changed_password_ends_the_polling(as_bob: Client, bob: User) -> None:
    run = make_run()
    bob.set_password("another long password")
    bob.save()
    assert poll(as_bob, run, v=1).status_code == 401


def test_strangers_and_runs_that_are_not_there_are_404(as_charlie: Client, as_bob: Client) -> None:
    assert poll(as_charlie, make_run(), v=1).status_code == 404
    address = reverse("runs:run-live", args=[uuid.uuid4()])
    assert as_bob.get(address).status_code == 404
    assert as_bob.get(address, headers=HTMX).headers["HX-Refresh"] == "true"


def test_it_is_only_read(as_alice: Client) -> None:
    assert as_alice.post(reverse("runs:run-live", args=[make_run().pk])).status_code == 405


def test_a_page_that_is_loaded_again_and_again_counts_as_watching(as_bob: Client) -> None:
    later = timezone.now() + timedelta(seconds=40)
    run, over = make_run(due_at=later), make_run(status="completed")
    for one in (run, over):
        assert as_bob.get(reverse("runs:run", args=[one.pk])).status_code == 200
        one.refresh_from_db()
    assert run.watched_at is not None
    assert run.due_at is not None
    assert run.due_at < later, "asked about at once, not at its leisure"
    assert over.watched_at is None
