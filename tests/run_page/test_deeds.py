"""Resume, cancel, choose, abandon, dismiss: each asked the same questions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from runs.engine.models import EngineRun
from runs.models import AuditEvent, Run
from tests.factories import make_run
from tests.run_page.conftest import set_fault

if TYPE_CHECKING:
    from django.test import Client

    from tests.run_page.conftest import RemoteRun

pytestmark = pytest.mark.django_db

DEEDS = ("resume", "cancel", "choose", "abandon", "dismiss")
HTMX = {"HX-Request": "true"}


def do(client: Client, deed: str, run: Run, htmx: bool = True, **data: str) -> Any:
    return client.post(reverse(f"runs:run-{deed}", args=[run.pk]), data, headers=HTMX if htmx else {})


def status_now(run: Run) -> str:
    return Run.objects.get(pk=run.pk).status


def there(run: Run) -> EngineRun:
    return EngineRun.objects.get(pk=str(run.remote_id))


def lost_run(**fields: Any) -> Run:
    return make_run(status="unconfirmed", remote_id=None, start_token="t-1", **fields)


@pytest.mark.parametrize("deed", DEEDS)
def test_looking_does_nothing_and_leads_to_the_run(as_alice: Client, deed: str) -> None:
    run = make_run()
    answer = as_alice.get(reverse(f"runs:run-{deed}", args=[run.pk]))
    assert answer["Location"] == reverse("runs:run", args=[run.pk])
    assert as_alice.put(reverse(f"runs:run-{deed}", args=[run.pk])).status_code == 405


@pytest.mark.parametrize("deed", DEEDS)
def test_strangers_get_404_viewers_403_and_nothing_is_done(as_charlie: Client, as_bob: Client, deed: str) -> None:
    run = make_run(status="failed")
    assert do(as_charlie, deed, run).status_code == 404
    assert do(as_bob, deed, run).status_code == 403
    assert status_now(run) == "failed"
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("deed", DEEDS)
def test_the_logged_out_are_sent_to_the_login_form(client: Client, deed: str) -> None:
    assert do(client, deed, make_run()).headers["Location"].startswith(reverse("runs:login"))


@pytest.mark.parametrize("deed", DEEDS)
def test_a_post_from_another_site_is_refused(as_alice: Client, deed: str) -> None:
    as_alice.handler.enforce_csrf_checks = True
    assert do(as_alice, deed, make_run()).status_code == 403


def test_resume_queues_again_and_wakes_the_polling(as_alice: Client, remote_run: RemoteRun) -> None:
    run = remote_run()
    answer = do(as_alice, "resume", run)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert html.startswith('<div class="run" id="run-live"')
    assert 'data-run-status="running"' in html
    assert 'hx-trigger="every 1s, run:refresh"' in html
    assert "Resumed." in html
    assert there(run).status == "running"
    assert AuditEvent.objects.get().verb == "run.resume"


def test_resume_without_htmx_goes_back_to_the_page_with_a_message(as_alice: Client, remote_run: RemoteRun) -> None:
    run = remote_run()
    answer = do(as_alice, "resume", run, htmx=False)
    assert answer.headers["Location"] == reverse("runs:run", args=[run.pk])
    assert "Resumed." in as_alice.get(answer.headers["Location"]).content.decode()


def test_cancel_stops_the_run_and_the_polling(as_alice: Client, remote_run: RemoteRun) -> None:
    run = remote_run("running", mirror="queued")
    html = do(as_alice, "cancel", run).content.decode()
    assert 'data-run-status="cancelled"' in html
    assert 'hx-trigger="run:refresh"' in html
    assert there(run).status == "cancelled"


@pytest.mark.parametrize(("deed", "status"), [("resume", "completed"), ("cancel", "failed"), ("choose", "running")])
def test_in_the_wrong_state_it_is_409_with_one_sentence(as_alice: Client, deed: str, status: str) -> None:
    run = make_run(status=status)
    answer = do(as_alice, deed, run, remote_id="x")
    assert answer.status_code == 409
    assert 'data-tone="bad" role="status"' in answer.content.decode()
    assert status_now(run) == status


def test_in_the_wrong_state_without_htmx_the_sentence_is_on_the_page(as_alice: Client) -> None:
    answer = do(as_alice, "resume", make_run(status="completed"), htmx=False)
    assert "The run cannot be resumed: it is completed." in as_alice.get(answer.headers["Location"]).content.decode()


def test_finished_meanwhile_is_409_in_the_remotes_words(as_alice: Client, remote_run: RemoteRun) -> None:
    run = remote_run("running", mirror="running")
    EngineRun.objects.filter(pk=there(run).pk).update(status="completed")
    answer = do(as_alice, "cancel", run)
    assert answer.status_code == 409
    assert "nothing to cancel" in answer.content.decode()


@pytest.mark.parametrize("deed", ["resume", "cancel"])
@pytest.mark.parametrize("kind", ["refuse", "timeout_before", "timeout_after", "html"])
def test_when_the_remote_does_not_answer_it_is_503_and_the_run_stays_due(
    as_alice: Client, remote_run: RemoteRun, deed: str, kind: str
) -> None:
    run = remote_run() if deed == "resume" else remote_run("running", mirror="queued")
    set_fault(kind, times=5)
    answer = do(as_alice, deed, run)
    assert answer.status_code == 503
    assert 'data-tone="warn" role="status"' in answer.content.decode()
    fresh = Run.objects.get(pk=run.pk)
    assert fresh.status == run.status
    assert fresh.due_at is not None
    assert fresh.claim_token is None


@pytest.mark.parametrize("deed", ["resume", "cancel"])
def test_a_refusal_is_shown_in_its_own_words(as_alice: Client, remote_run: RemoteRun, deed: str) -> None:
    run = remote_run() if deed == "resume" else remote_run("running", mirror="queued")
    set_fault("status", status=403, detail="This key may not touch runs.")
    answer = do(as_alice, deed, run)
    assert answer.status_code == 409
    assert "This key may not touch runs." in answer.content.decode()


def test_a_double_click_resumes_once(as_alice: Client, remote_run: RemoteRun) -> None:
    run = remote_run()
    assert do(as_alice, "resume", run).status_code == 200
    assert do(as_alice, "resume", run).status_code == 409
    assert there(run).resumed == 1


def test_a_candidate_is_chosen(as_alice: Client) -> None:
    run = lost_run(candidates=[{"run_id": "remote-1", "status": "running", "started_at": None, "inputs": 1}])
    answer = do(as_alice, "choose", run, remote_id="remote-1")
    assert answer.status_code == 200
    assert Run.objects.get(pk=run.pk).remote_id == "remote-1"


@pytest.mark.parametrize("remote_id", ["", "somebody-elses", "x" * 5000])
def test_only_a_candidate_can_be_chosen(as_alice: Client, remote_id: str) -> None:
    run = lost_run(candidates=[{"run_id": "remote-1", "status": "running", "started_at": None, "inputs": 1}])
    assert do(as_alice, "choose", run, remote_id=remote_id).status_code == 409
    assert status_now(run) == "unconfirmed"


def test_a_lost_start_can_be_given_up_after_ten_minutes_and_sent_again(as_alice: Client) -> None:
    run = lost_run()
    assert do(as_alice, "abandon", run).status_code == 409
    Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(minutes=11))
    html = do(as_alice, "abandon", run).content.decode()
    assert status_now(run) == "not_sent"
    assert f"/agents/{run.agent_id}/?like={run.pk}" in html


def test_dismiss_takes_it_off_the_list(as_alice: Client) -> None:
    run = make_run(status="failed")
    html = do(as_alice, "dismiss", run).content.decode()
    assert "/dismiss/" not in html
    assert not Run.objects.needing_attention().exists()
