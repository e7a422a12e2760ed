"""Resume, cancel, dismiss: works, wrong state, refused, down, lost answer, finished meanwhile, double click, killed."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from runs import actions, statuses, sync
from runs.client import MosaicRejected, MosaicUnavailable
from runs.models import AuditEvent, Connection, Run
from tests.engine import play
from tests.world import NOBODY, World, fresh


def failed_run(world: World) -> Run:
    """A run whose watermark failed, as we know it after a poll."""
    run = world.start()
    play.out(str(run.remote_id), play.failing("Watermark"))
    return world.sync(run)


def test_resume_queues_what_failed_and_says_how_much(world: World) -> None:
    run = failed_run(world)
    assert run.status == statuses.FAILED
    resumed = actions.resume_run(run, world.client, NOBODY)
    assert resumed.status == statuses.RUNNING
    assert resumed.finished_at is None
    assert resumed.version > run.version
    assert resumed.due_at is not None
    assert resumed.due_at <= timezone.now()
    event = resumed.events.get(label="Resume")
    assert (event.source, event.status_before, event.status_after) == ("action", "failed", "running")
    assert event.text == "1 node queued again."
    assert AuditEvent.objects.get(verb="run.resume").after["nodes_queued"] == 1
    play.out(str(run.remote_id))
    done = world.sync(resumed)
    assert done.status == statuses.COMPLETED
    assert done.outputs.count() == 1


def test_resume_counts_what_waits_behind_the_failed_node_too(world: World) -> None:
    run = world.start()
    play.out(str(run.remote_id), play.failing("Mirror"))
    resumed = actions.resume_run(world.sync(run), world.client, NOBODY)
    assert resumed.events.get(label="Resume").text == "2 nodes queued again."
    assert AuditEvent.objects.get(verb="run.resume").after["nodes_queued"] == 1


def test_cancel_stops_the_run(world: World) -> None:
    run = world.start()
    cancelled = actions.cancel_run(run, world.client, NOBODY)
    assert cancelled.status == statuses.CANCELLED
    assert cancelled.finished_at is not None
    assert world.engine_run(run).status == "cancelled"
    assert world.sync(cancelled).status == statuses.CANCELLED
    assert AuditEvent.objects.get(verb="run.cancel").before == {"status": "running"}


@pytest.mark.parametrize("status", [statuses.RUNNING, statuses.COMPLETED, statuses.PARTIAL_COMPLETE])
def test_what_cannot_be_resumed_is_refused_without_a_request(world: World, status: str) -> None:
    run = world.start()
    Run.objects.update(status=status)
    world.fault("refuse", times=9)
    with pytest.raises(actions.ActionNotAllowed, match="cannot be resumed: it is"):
        actions.resume_run(fresh(run), world.client, NOBODY)
    assert "cannot be resumed" in AuditEvent.objects.get(verb="run.resume").after["refused"]
    assert fresh(run).claim_token is None


def test_a_completed_run_that_waits_for_credits_may_be_tried(world: World) -> None:
    run = world.start()
    play.out(str(run.remote_id))
    run = world.sync(run)
    Run.objects.update(needs_credits=True)
    with pytest.raises(actions.ActionNotAllowed) as caught:
        actions.resume_run(fresh(run), world.client, NOBODY)
    assert "completed" in str(caught.value), "the remote's own words"
    assert fresh(run).due_at is not None


def test_cancelling_what_finished_meanwhile_says_so_and_looks(world: World) -> None:
    run = world.start()
    play.out(str(run.remote_id))
    with pytest.raises(actions.ActionNotAllowed):
        actions.cancel_run(run, world.client, NOBODY)
    now = fresh(run)
    assert now.status == statuses.RUNNING
    assert now.due_at is not None
    assert now.due_at <= timezone.now()
    assert world.sync(now).status == statuses.COMPLETED


def test_a_cancel_that_stopped_nothing_is_not_believed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run, client = world.start(), world.client
    nothing = type(client.cancel_run(str(run.remote_id)))(tasks_cancelled=0, nodes_reset=0, message="Nothing to do.")
    monkeypatch.setattr(client, "cancel_run", lambda _remote_id: nothing)
    assert actions.cancel_run(run, client, NOBODY).status == statuses.RUNNING


@pytest.mark.parametrize("verb", ["resume", "cancel"])
def test_a_state_that_changed_since_the_page_was_drawn_is_told(world: World, verb: str) -> None:
    run = failed_run(world) if verb == "resume" else world.start()
    Run.objects.update(status=statuses.COMPLETED)
    with pytest.raises(actions.ActionNotAllowed, match="it is completed"):
        getattr(actions, f"{verb}_run")(run, world.client, NOBODY)


@pytest.mark.parametrize("verb", ["resume", "cancel"])
def test_a_refusal_changes_nothing_and_is_raised_in_its_own_words(world: World, verb: str) -> None:
    run = failed_run(world) if verb == "resume" else world.start()
    world.fault("status", f"/agent_run/*/{verb}", status=403, detail="Not yours.")
    with pytest.raises(MosaicRejected, match="Not yours"):
        getattr(actions, f"{verb}_run")(run, world.client, NOBODY)
    now = fresh(run)
    assert (now.status, now.claim_token) == (run.status, None)
    assert not Connection.objects.get().in_trouble


@pytest.mark.parametrize("verb", ["resume", "cancel"])
def test_a_remote_that_is_down_changes_nothing(world: World, verb: str) -> None:
    run = failed_run(world) if verb == "resume" else world.start()
    world.fault("refuse")
    with pytest.raises(MosaicUnavailable, match="No answer from Local engine: connection refused"):
        getattr(actions, f"{verb}_run")(run, world.client, NOBODY)
    now = fresh(run)
    assert (now.status, now.claim_token) == (run.status, None)
    assert now.due_at is not None
    assert Connection.objects.get().last_error == "No answer from Local engine: connection refused."


@pytest.mark.parametrize(("verb", "after"), [("resume", statuses.RUNNING), ("cancel", statuses.CANCELLED)])
def test_a_lost_answer_is_found_out_by_the_next_look(world: World, verb: str, after: str) -> None:
    run = failed_run(world) if verb == "resume" else world.start()
    world.fault("timeout_after", f"/agent_run/*/{verb}")
    with pytest.raises(MosaicUnavailable):
        getattr(actions, f"{verb}_run")(run, world.client, NOBODY)
    now = fresh(run)
    assert now.status == run.status
    assert "We will find out" in now.events.get(label=verb.capitalize()).text
    assert world.sync(now).status == after


def test_an_action_killed_half_way_is_looked_at_when_its_claim_expires(world: World) -> None:
    run = world.start()
    token = Run.objects.claim(run.pk, "cancel", 40)
    assert token is not None
    world.client.cancel_run(str(run.remote_id))
    sync.reconcile_run(run.pk, world.client)
    assert fresh(run).status == statuses.RUNNING, "the claim protects the action that may still be going on"
    Run.objects.update(claimed_until=timezone.now(), due_at=timezone.now())
    sync.reconcile_run(run.pk, world.client)
    assert fresh(run).status == statuses.CANCELLED


def test_the_sync_cannot_overwrite_an_action(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run, slow = world.start(), world.client
    read = slow.run

    def act_meanwhile(remote_id: str) -> Any:
        before = read(remote_id)
        actions.cancel_run(fresh(run), world.client, NOBODY)
        return before

    monkeypatch.setattr(slow, "run", act_meanwhile)
    Run.objects.update(due_at=timezone.now())
    sync.reconcile_run(run.pk, slow)
    assert fresh(run).status == statuses.CANCELLED, "what was read before the action is dropped"


def test_dismissing_takes_a_run_off_the_list_until_it_changes(world: World) -> None:
    run = failed_run(world)
    assert Run.objects.needing_attention().count() == 1
    actions.dismiss_run(run, NOBODY)
    actions.dismiss_run(run, NOBODY)
    assert Run.objects.needing_attention().count() == 0
    assert fresh(run).version == run.version + 1
    assert AuditEvent.objects.filter(verb="run.dismiss").count() == 1
    play_again = actions.resume_run(fresh(run), world.client, NOBODY)
    play.out(str(run.remote_id), play.failing("Watermark"))
    world.sync(play_again)
    assert Run.objects.needing_attention().count() == 1


def test_two_cancels_at_once_send_one_request(file_world: World) -> None:
    run = file_world.start()
    seen = [fresh(run), fresh(run)]
    barrier = threading.Barrier(2)
    results: list[str] = []

    def click(mine: Run) -> None:
        try:
            barrier.wait(5)
            results.append(actions.cancel_run(mine, file_world.client, NOBODY).status)
        except actions.ActionNotAllowed as error:
            results.append(str(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click, args=(mine,)) for mine in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(result == statuses.CANCELLED for result in results) == [False, True], results
    assert fresh(run).events.filter(label="Cancel").count() == 1
