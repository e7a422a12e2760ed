"""Which buttons the run page has, and what they say they will do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from tests.factories import CLIPS, MIRROR, VIDEO_INPUT, make_node, make_output, make_run
from tests.run_page.test_page import drawn_run, shown, text_of

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def test_resume_says_what_is_queued_again_and_what_is_kept(as_alice: Client) -> None:
    run, (source, clips, mirror) = drawn_run(VIDEO_INPUT, CLIPS, MIRROR, status="failed")
    make_node(run, source, status="completed")
    make_node(run, clips, status="completed")
    for status in ("completed", "failed", "failed", "blocked"):
        make_node(run, mirror, status=status)
    make_output(run, original_node_id=mirror)
    html = shown(as_alice, run)
    assert 'id="run-resume"' in html
    assert "3 nodes will be queued again: Mirror ×3. 3 finished nodes and 1 output are kept." in text_of(html)
    assert 'id="run-cancel"' not in html


def test_when_only_a_source_failed_the_way_out_is_to_run_again(as_alice: Client) -> None:
    run, (source, mirror) = drawn_run(VIDEO_INPUT, MIRROR, status="failed")
    make_node(run, source, status="failed", errors=["The link leads to no video."])
    make_node(run, mirror, status="blocked")
    html = shown(as_alice, run)
    assert 'id="run-resume"' not in html
    assert "resuming never starts a source again" in text_of(html)
    assert f'/agents/{run.agent_id}/?like={run.pk}"' in html


def test_cancel_asks_first_and_says_what_stops(as_alice: Client) -> None:
    run, (_, mirror) = drawn_run(VIDEO_INPUT, MIRROR)
    make_node(run, mirror, status="running")
    html = shown(as_alice, run)
    assert '<details class="run-deed confirm" id="run-cancel">' in html
    assert "1 running node will stop. Nothing is finished yet. You can resume it later." in text_of(html)
    assert 'id="run-resume"' not in html


def test_what_is_cancelled_before_its_source_was_read_is_run_again(as_alice: Client) -> None:
    run, (source, mirror) = drawn_run(VIDEO_INPUT, MIRROR)
    remote = make_node(run, source, status="running")
    make_node(run, mirror, status="not_started")
    assert "It cannot be resumed: Video Input is not read yet." in text_of(shown(as_alice, run))
    remote.status = "cancelled"
    remote.save()
    run.status = "cancelled"
    run.save()
    html = shown(as_alice, run)
    assert 'id="run-resume"' not in html
    assert "cancelled before Video Input was read" in text_of(html)
    assert f'/agents/{run.agent_id}/?like={run.pk}"' in html


def test_viewers_find_no_button_and_a_sentence(as_bob: Client) -> None:
    for run in (make_run(), make_run(status="failed")):
        html = shown(as_bob, run)
        assert "<form" not in html[html.index('id="run-live"') : html.index('id="run-timeline"')]
        assert "need the Editor role" in text_of(html)
    assert "need the Editor role" not in shown(as_bob, make_run(status="completed"))


def test_when_credits_are_needed_a_manager_can_upgrade(as_mary: Client) -> None:
    html = shown(as_mary, make_run(status="failed", needs_credits=True))
    assert 'id="run-upgrade"' in html
    assert 'href="/billing/"' in html
    assert 'id="run-resume"' in html


def test_when_credits_are_needed_an_editor_reads_whom_to_ask(as_alice: Client) -> None:
    html = shown(as_alice, make_run(status="failed", needs_credits=True))
    assert 'id="run-credits"' in html
    assert 'id="run-upgrade"' not in html
    assert "takes the Manager role" in text_of(html)


def test_an_unconfirmed_start_says_what_is_done_and_from_when_one_may_send_again(as_alice: Client) -> None:
    html = shown(as_alice, make_run(status="unconfirmed", remote_id=None))
    assert "We do not know yet whether this run started" in text_of(html)
    assert "you can send it again from" in text_of(html)
    assert "/abandon/" not in html


def test_after_ten_minutes_a_person_may_give_an_unconfirmed_start_up(as_alice: Client, as_bob: Client) -> None:
    old = timezone.now() - timedelta(minutes=11)
    run = make_run(status="unconfirmed", remote_id=None, created_at=old)
    html = shown(as_alice, run)
    assert f"/runs/{run.pk}/abandon/" in html
    assert "makes a second run and uses credits twice" in text_of(html)
    assert "/abandon/" not in shown(as_bob, run)


def test_candidates_can_be_chosen_or_all_refused(as_alice: Client) -> None:
    candidates = [
        {"run_id": "remote-1", "status": "running", "started_at": "2026-11-22T19:40:00+00:00", "inputs": 1},
        {"run_id": "remote-2", "status": None, "started_at": None, "inputs": None},
    ]
    html = shown(as_alice, make_run(status="unconfirmed", remote_id=None, candidates=candidates))
    assert html.count("/choose/") == 4  # action and hx-post of two forms
    assert 'name="remote_id" value="remote-2"' in html
    assert "started 22 Nov, 19:40 · 1 input" in text_of(html).replace(" 2026", "")
    assert "None of these" in text_of(html)


def test_a_failed_run_can_be_dismissed_once(as_alice: Client) -> None:
    assert "/dismiss/" in shown(as_alice, make_run(status="partial_complete"))
    assert "/dismiss/" not in shown(as_alice, make_run(status="failed", dismissed_at=timezone.now()))
    assert "/dismiss/" not in shown(as_alice, make_run(status="completed"))
