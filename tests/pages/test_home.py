"""Home: what needs somebody, what goes on, what is left, what came out; and the first day."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from runs.models import Output, Run
from runs.views.home import NEEDING_SHOWN, OUTPUTS_SHOWN
from tests.factories import make_agent, make_connection, make_output, make_run

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def _part(page: str, heading: str) -> str:
    """The section under a heading."""
    return page.split(f'aria-labelledby="{heading}"')[1].split("</section>")[0]


def test_needs_me_shows_what_failed_and_not_what_went_well(as_alice: Client) -> None:
    make_run(make_agent(name="Trailer"), status="failed", status_message="The source has no sound.")
    make_run(make_agent(name="Shorts"), status="completed")
    part = _part(as_alice.get("/").content.decode(), "needs-me")
    assert "Trailer" in part
    assert "The source has no sound." in part
    assert "Shorts" not in part


def test_needs_me_says_what_to_do_about_credits_and_lost_answers(as_alice: Client) -> None:
    make_run(status="failed", needs_credits=True)
    make_run(status="unconfirmed", remote_id=None)
    part = _part(as_alice.get("/").content.decode(), "needs-me")
    assert "Waits for credits" in part
    assert 'href="/billing/"' in part
    assert "The answer to the start was lost." in part


def test_dismissing_empties_the_list_and_comes_back_home(as_alice: Client) -> None:
    run = make_run(status="failed")
    response = as_alice.post(f"/runs/{run.pk}/dismiss/", {"next": "home"})
    assert (response.status_code, response["Location"]) == (302, "/")
    run.refresh_from_db()
    assert run.dismissed_at is not None
    assert "Nothing waits for you." in as_alice.get("/").content.decode()


def test_viewers_see_what_waits_and_get_no_button(as_bob: Client) -> None:
    run = make_run(status="failed")
    assert f"/runs/{run.pk}/dismiss/" not in as_bob.get("/").content.decode()


def test_long_lists_are_cut_and_lead_to_the_run_list(as_alice: Client) -> None:
    for _ in range(NEEDING_SHOWN + 1):
        make_run(status="failed")
    part = _part(as_alice.get("/").content.decode(), "needs-me")
    assert part.count("todo__item") == NEEDING_SHOWN
    assert 'href="/runs/?status=attention"' in part


def test_running_now_and_latest_outputs(as_bob: Client) -> None:
    run = make_run(make_agent(name="Shorts"))
    outputs = [make_output(run) for _ in range(OUTPUTS_SHOWN + 1)]
    Output.objects.filter(pk=outputs[0].pk).update(first_seen_at=timezone.now() - timedelta(days=1))
    bare = make_output(run, thumbnail_url="")
    page = as_bob.get("/").content.decode()
    assert "Shorts" in _part(page, "running-now")
    shown = re.findall(r'data-output-id="([0-9a-f-]+)"', _part(page, "latest-outputs"))
    assert len(shown) == OUTPUTS_SHOWN
    assert str(bare.pk) in shown
    assert str(outputs[0].pk) not in shown
    assert f"/outputs/{outputs[-1].pk}/thumbnail" in page
    assert f"/outputs/{bare.pk}/thumbnail" not in page
    assert "signature=secret" not in page


def test_credits_stand_beside_with_their_age(as_bob: Client) -> None:
    make_run(make_agent(make_connection(name="Studio", billing={"credits": {"balance": 1234.5}})))
    make_connection(name="Empty", billing={"credits": {"balance": 0}}, billing_at=timezone.now())
    make_connection(name="New one")
    part = _part(as_bob.get("/").content.decode(), "credits")
    assert "1\u202f234.5" in part
    assert "Used up." in part
    assert "Not known yet" in part


def test_the_first_day_teaches_and_puts_the_best_sample_first(as_alice: Client) -> None:
    connection = make_connection(name="Local engine")
    make_agent(connection, name="Broken step")
    sample = make_agent(connection, name="Podcast shorts")
    make_agent(connection, name="Gone", removed_at=timezone.now())
    page = as_alice.get("/").content.decode()
    assert "Welcome, alice" in page
    assert "Press Start run" in page
    picks = re.findall(r'class="pick__link" href="/agents/([0-9a-f-]+)/"', page)
    assert picks[0] == str(sample.pk)
    assert len(picks) == 2


def test_the_first_day_without_a_connection_leads_to_settings(as_ada: Client) -> None:
    page = as_ada.get("/").content.decode()
    assert "No connection yet" in page
    assert 'href="/settings/"' in page


def test_the_second_day_is_no_first_day_even_when_all_is_done(as_alice: Client) -> None:
    make_run(status="completed")
    page = as_alice.get("/").content.decode()
    assert "Welcome" not in page
    assert "Nothing runs at the moment." in page


def test_strangers_see_nothing_but_whom_to_ask(as_charlie: Client) -> None:
    make_run(make_agent(name="Secret"), status="failed")
    response = as_charlie.get("/")
    assert response.status_code == 403
    assert "no role yet" in response.content.decode()
    assert "Secret" not in response.content.decode()
    assert Run.objects.count() == 1


def test_the_first_day_promises_the_sample_clip_only_where_there_is_one(as_alice: Client) -> None:
    make_agent(make_connection(kind="mosaic", address="https://api.mosaic.example"))
    page = as_alice.get("/").content.decode()
    assert "Paste links to your videos." in page
    assert "sample clip" not in page
