"""One look at a run: what is written, what counts as a change, when the next look is, and what trouble does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from runs import statuses, sync
from runs.engine.models import RuntimeNode
from runs.models import Connection, Run
from tests.engine import play
from tests.world import World, age, fresh


def test_a_run_is_written_with_nodes_inputs_outputs_and_its_story(world: World) -> None:
    run = world.sync(world.start())
    assert run.status == statuses.RUNNING
    assert run.nodes.count() == 3
    assert run.due_at is not None
    play.out(str(run.remote_id))
    run = world.sync(run)
    assert (run.status, run.progress, run.due_at) == (statuses.COMPLETED, 100, None)
    assert (run.nodes_completed, run.nodes_in_progress, run.nodes_failed) == (3, 0, 0)
    assert {node.status for node in run.nodes.all()} == {"completed"}
    assert all(node.finished_seen_at for node in run.nodes.all())
    assert run.inputs.count() == 1
    output = run.outputs.get()
    assert output.video_url.startswith("http")
    assert output.original_node_id == play.node_ids(world.template)[-1]
    labels = list(run.events.filter(source="poll").values_list("label", "status_after"))
    assert ("Watermark", "completed") in labels
    assert ("Output", "") in labels
    assert ("Run", "completed") in labels


def test_nothing_new_raises_no_version_although_addresses_differ(world: World) -> None:
    run = world.start()
    play.out(str(run.remote_id))
    first = world.sync(run)
    before = first.outputs.get().video_url
    Run.objects.update(due_at=timezone.now())
    assert world.client.run(str(run.remote_id)).outputs[0].video_url != before  # type: ignore[index]
    second = world.sync(first)
    assert second.version == first.version
    assert second.changed_at == first.changed_at
    assert second.events.count() == first.events.count()


def test_addresses_are_kept_fresh_all_the_same(world: World) -> None:
    run = world.start()
    play.out(str(run.remote_id))
    first = world.sync(run)
    output = first.outputs.get()
    first.outputs.update(refreshed_at=timezone.now() - timedelta(hours=1))
    second = world.sync(first)
    assert second.version == first.version
    assert second.outputs.get().video_url != output.video_url


def test_a_settle_without_news_does_not_spin(world: World) -> None:
    run = world.sync(world.start())
    run = world.sync(run)
    assert run.due_at is not None
    assert run.due_at > timezone.now() + timedelta(seconds=0.8)
    looked_at = run.synced_at
    sync.reconcile_run(run.pk, world.client)
    assert fresh(run).synced_at == looked_at, "it is not due, so nobody is asked"


def test_a_finished_run_is_left_alone_until_something_makes_it_due(world: World) -> None:
    run = world.start()
    play.out(str(run.remote_id))
    run = world.sync(run)
    assert Run.objects.due().count() == 0
    Run.objects.make_due(run.pk)
    assert Run.objects.due().count() == 1
    sync.reconcile_run(run.pk, world.client)
    assert Run.objects.due().count() == 0


def test_one_poll_however_many_watch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = world.sync(world.start())
    for _ in range(20):
        Run.objects.mark_watched(run.pk)
    marked = fresh(run)
    Run.objects.mark_watched(run.pk)
    assert fresh(run).watched_at == marked.watched_at, "written once in ten seconds"
    client = world.client
    asked: list[str] = []

    def ask(remote_id: str) -> Any:
        asked.append(remote_id)
        return world.client.run(remote_id)

    monkeypatch.setattr(client, "run", ask)
    Run.objects.update(due_at=timezone.now())
    for _ in range(5):
        sync.reconcile_run(run.pk, client)
    assert len(asked) == 1


def test_coming_back_to_a_run_wakes_it(world: World) -> None:
    run = age(world.sync(world.start()), hours=1)
    run = world.sync(run)
    assert run.due_at is not None
    assert run.due_at > timezone.now() + timedelta(seconds=50)
    Run.objects.mark_watched(run.pk)
    assert fresh(run).due_at is not None
    assert fresh(run).due_at <= timezone.now()  # type: ignore[operator]
    assert world.sync(run).due_at < timezone.now() + timedelta(seconds=17)  # type: ignore[operator]


def test_progress_never_goes_down_when_clips_fan_out(world: World) -> None:
    run = world.start()
    run = world.sync(run)
    play.once(world.engine_run(run))
    run = world.sync(run)
    assert run.progress == 33
    Run.objects.update(nodes_completed=5, progress=80)
    run = world.sync(run)
    assert (run.progress, run.nodes_completed) == (80, 5)


def test_an_unknown_status_is_kept_shown_and_asked_about_slowly(world: World) -> None:
    run = world.start()
    world.fault("unknown_status", "/agent_run/", times=2)
    run = world.sync(run)
    assert run.status not in statuses.RUN_STATUSES
    assert not run.is_terminal
    assert run.due_at is not None
    assert run.due_at > timezone.now() + timedelta(seconds=25)
    assert world.sync(run).status == statuses.RUNNING


@pytest.mark.parametrize("field", ["status", "node_status_counts", "outputs", "inputs", "errors", "needs_credits"])
def test_a_missing_field_keeps_what_was_known(world: World, field: str) -> None:
    run = world.start()
    play.out(str(run.remote_id))
    before = world.sync(run)
    world.fault("missing_field", "/agent_run/", times=1, field=field)
    after = world.sync(before)
    assert (after.status, after.progress, after.nodes_completed) == (statuses.COMPLETED, 100, 3)
    assert (after.outputs.count(), after.inputs.count(), after.nodes.count()) == (1, 1, 3)


def test_completed_without_outputs_is_told(world: World) -> None:
    run = world.start()
    play.out(str(run.remote_id))
    world.fault("no_outputs", "/agent_run/")
    run = world.sync(run)
    assert run.completed_without_outputs


def test_when_only_the_nodes_cannot_be_read_the_rest_is_written(world: World) -> None:
    run = world.start()
    play.out(str(run.remote_id))
    world.fault("html", "/agent_run/*/nodes")
    run = world.sync(run)
    assert run.status == statuses.COMPLETED
    assert run.outputs.count() == 1
    assert "web page" in run.sync_error
    assert run.due_at is not None, "the nodes are still to be read"
    run = world.sync(run)
    assert (run.nodes.count(), run.sync_error, run.due_at) == (3, "", None)


def test_trouble_is_shown_once_and_backs_off(world: World) -> None:
    run = world.sync(world.start())
    world.fault("refuse", times=9)
    waits, versions = [], []
    for _ in range(4):
        run = world.sync(run)
        assert run.due_at is not None
        waits.append((run.due_at - timezone.now()).total_seconds())
        versions.append(run.version)
    assert run.status == statuses.RUNNING
    assert run.sync_error == "No answer from Local engine: connection refused."
    assert len(set(versions)) == 1, "the same sentence is no news"
    assert waits == sorted(waits)
    assert waits[-1] > 10
    connection = Connection.objects.get()
    assert connection.last_error == run.sync_error
    assert connection.failures == 4


def test_recovery_clears_the_sentence(world: World) -> None:
    run = world.start()
    world.fault("refuse")
    assert world.sync(run).sync_error
    run = world.sync(run)
    assert (run.sync_error, run.sync_failures) == ("", 0)
    assert not Connection.objects.get().in_trouble


def test_retry_after_holds_the_whole_connection(world: World) -> None:
    run, other = world.sync(world.start()), world.sync(world.start())
    world.fault("status", "/agent_run/", status=429, headers={"Retry-After": "40"})
    run = world.sync(run)
    soonest = timezone.now() + timedelta(seconds=38)
    assert run.due_at is not None
    assert run.due_at > soonest
    assert fresh(other).due_at > soonest  # type: ignore[operator]


def test_a_run_the_remote_forgot_keeps_what_was_known(world: World) -> None:
    run = world.sync(world.start())
    world.engine_run(run).delete()
    run = world.sync(run)
    assert run.status == statuses.RUNNING
    assert "does not know this run" in run.sync_error
    assert not Connection.objects.get().in_trouble
    assert run.nodes.count() == 3


def test_needs_credits_is_told(world: World) -> None:
    run = world.start()
    RuntimeNode.objects.filter(run=world.engine_run(run)).update(needs_credits=True)
    run = world.sync(run)
    assert run.needs_credits
    assert run.events.filter(label="Credits").exists()


def test_a_poll_that_lost_its_claim_writes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = world.start()
    play.out(str(run.remote_id))
    client = world.client
    read = client.run_nodes

    def stolen(remote_id: str) -> Any:
        Run.objects.update(claim_token=None, claimed_until=None)
        return read(remote_id)

    monkeypatch.setattr(client, "run_nodes", stolen)
    Run.objects.update(due_at=timezone.now())
    sync.reconcile_run(run.pk, client)
    run = fresh(run)
    assert run.status == statuses.RUNNING
    assert (run.nodes.count(), run.outputs.count()) == (0, 0)
