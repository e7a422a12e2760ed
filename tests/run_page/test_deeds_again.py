"""Choose, abandon, dismiss: what the other deeds are asked too. A second click, a wrong state, a death half-way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from runs.models import AuditEvent, Run
from tests.factories import make_run
from tests.run_page.conftest import set_fault

if TYPE_CHECKING:
    from django.test import Client

    from tests.run_page.conftest import RemoteRun

pytestmark = pytest.mark.django_db
CANDIDATES = [{"run_id": name, "status": "running", "started_at": None, "inputs": 1} for name in ("r-1", "r-2")]


def do(client: Client, deed: str, run: Run, **data: str) -> int:
    address = reverse(f"runs:run-{deed}", args=[run.pk])
    return client.post(address, data, headers={"HX-Request": "true"}).status_code


def lost(**fields: Any) -> Run:
    return make_run(status="unconfirmed", remote_id=None, start_token="t-1", candidates=CANDIDATES, **fields)


def verbs() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))


def test_a_double_click_cancels_once(as_alice: Client, remote_run: RemoteRun) -> None:
    run = remote_run("running", mirror="queued")
    assert [do(as_alice, "cancel", run), do(as_alice, "cancel", run)] == [200, 409]


def test_a_double_click_chooses_once_and_never_something_else(as_alice: Client) -> None:
    run = lost()
    clicks = [do(as_alice, "choose", run, remote_id=name) for name in ("r-1", "r-1", "r-2")]
    assert clicks == [200, 409, 409]
    assert Run.objects.get().remote_id == "r-1"


def test_a_double_click_gives_up_once(as_alice: Client) -> None:
    run = lost()
    assert [do(as_alice, "abandon", run), do(as_alice, "abandon", run)] == [200, 409]
    assert Run.objects.get().status == "not_sent"


def test_a_double_click_dismisses_once(as_alice: Client) -> None:
    run = make_run(status="failed")
    assert [do(as_alice, "dismiss", run), do(as_alice, "dismiss", run)] == [200, 200]
    assert verbs() == ["run.dismiss"]


@pytest.mark.parametrize("status", ["running", "completed", "cancelled", "refused"])
@pytest.mark.parametrize("deed", ["abandon", "dismiss", "choose"])
def test_in_the_wrong_state_nothing_is_done_and_it_is_written_down(as_alice: Client, deed: str, status: str) -> None:
    run = make_run(status=status)
    assert do(as_alice, deed, run, remote_id="r-1") == 409
    after = Run.objects.get()
    assert (after.status, after.dismissed_at, after.claim_token) == (status, None, None)
    assert verbs() == [f"run.{deed}"]


@pytest.mark.parametrize("deed", ["abandon", "choose"])
def test_while_somebody_decides_nobody_else_does(as_alice: Client, deed: str) -> None:
    run = lost()
    token = Run.objects.claim(run.pk, "choose", 60)
    assert do(as_alice, deed, run, remote_id="r-1") == 409
    after = Run.objects.get()
    assert (after.status, after.claim_token, after.remote_id) == ("unconfirmed", token, None)


@pytest.mark.parametrize(("deed", "status"), [("abandon", "not_sent"), ("choose", "running")])
def test_who_died_while_deciding_leaves_it_to_the_next(as_alice: Client, deed: str, status: str) -> None:
    run = lost()
    Run.objects.claim(run.pk, "choose", 60)
    due = Run.objects.get().due_at
    assert due is not None
    assert due > timezone.now()
    Run.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert do(as_alice, deed, run, remote_id="r-1") == 200
    assert Run.objects.get().status == status


@pytest.mark.parametrize(("deed", "data"), [("abandon", {}), ("choose", {"remote_id": "r-1"}), ("dismiss", {})])
def test_what_concerns_us_alone_needs_no_remote(as_alice: Client, deed: str, data: dict[str, str]) -> None:
    set_fault("refuse", path="/", times=9)
    assert do(as_alice, deed, lost(), **data) == 200


@pytest.mark.parametrize("remote_id", ["", "a\0b", "\ud83d", "r-1 ", "r-3", "R-1"])
def test_odd_choices_are_no_candidates(as_alice: Client, remote_id: str) -> None:
    sent = remote_id.encode("utf-8", "replace").decode()
    assert do(as_alice, "choose", lost(), remote_id=sent) == 409
    assert Run.objects.get().status == "unconfirmed"
