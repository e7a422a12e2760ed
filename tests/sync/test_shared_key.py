"""Two dashboards on one key: what the other one starts is found, and is never taken for a start of ours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from runs import statuses
from runs.engine.models import EngineRun
from runs.models import Run
from tests.world import World, age

if TYPE_CHECKING:
    import pytest


def other_dashboard_starts(world: World, **earlier: float) -> str:
    """Somebody else's run of the same agent with as many inputs, begun so long ago."""
    remote_id = world.client.start_run(world.agent.remote_id, world.body).run_id
    EngineRun.objects.filter(pk=remote_id).update(created_at=timezone.now() - timedelta(**earlier))
    world.take_inputs_in()
    return remote_id


def lost(world: World, kind: str) -> Run:
    world.fault(kind, "/agent/*/run")
    return world.start()


def test_a_run_that_began_before_ours_was_sent_is_not_taken_by_itself(world: World) -> None:
    remote_id = other_dashboard_starts(world, seconds=50)
    run = world.sync(lost(world, "timeout_before"))
    assert (run.status, run.remote_id, run.candidates) == (statuses.UNCONFIRMED, None, [])
    run = age(run, seconds=70)
    EngineRun.objects.filter(pk=remote_id).update(created_at=run.created_at - timedelta(seconds=50))
    run = world.sync(run)
    assert run.status == statuses.UNCONFIRMED
    assert [one["run_id"] for one in run.candidates] == [remote_id], "a person may still know better"


def test_beside_an_older_one_our_own_run_is_found(world: World) -> None:
    other_dashboard_starts(world, seconds=50)
    run = lost(world, "cut")
    world.take_inputs_in()
    run = world.sync(run)
    assert run.status == statuses.RUNNING
    assert run.remote_id == str(EngineRun.objects.order_by("created_at").last().pk)  # type: ignore[union-attr]


def test_what_was_known_here_before_the_start_is_not_taken(world: World) -> None:
    other_dashboard_starts(world, seconds=1)
    world.sync_connection()
    assert Run.objects.count() == 1
    run = world.sync(lost(world, "timeout_before"))
    assert (run.status, run.candidates) == (statuses.UNCONFIRMED, [])
    assert Run.objects.count() == 2


def test_of_two_lost_starts_a_minute_apart_each_finds_its_own(world: World) -> None:
    first = lost(world, "timeout_before")
    then = timezone.now() - timedelta(seconds=65)
    Run.objects.filter(pk=first.pk).update(created_at=then)
    first.events.update(at=then)
    second = lost(world, "cut")
    world.take_inputs_in()
    assert world.sync(first).status == statuses.UNCONFIRMED, "its run would have begun a minute earlier"
    assert world.sync(second).status == statuses.RUNNING


def test_a_remote_with_another_clock_is_understood(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = lost(world, "cut")
    world.take_inputs_in()
    EngineRun.objects.update(created_at=timezone.now() + timedelta(seconds=100))
    assert world.sync(run).status == statuses.UNCONFIRMED
    monkeypatch.setattr("runs.client.MosaicClient.clock_ahead", 100.0)
    assert world.sync(run).status == statuses.RUNNING


def test_a_start_that_stays_lost_does_not_hide_other_peoples_runs_for_ever(world: World) -> None:
    run = lost(world, "timeout_before")
    remote_id = other_dashboard_starts(world, seconds=-20)
    world.sync_connection()
    assert not Run.objects.filter(remote_id=remote_id).exists()
    run = age(run, minutes=11)
    EngineRun.objects.update(created_at=run.created_at + timedelta(seconds=20))
    world.sync_connection()
    found = Run.objects.get(remote_id=remote_id)
    assert (found.body, found.started_by) == (None, None)


def test_a_list_that_is_missing_is_not_an_empty_one(world: World) -> None:
    world.fault("missing_field", "/agents", field="agents")
    world.sync_connection()
    assert "without the list of agents" in world.connection.last_error
    world.agent.refresh_from_db()
    assert world.agent.removed_at is None
    run = lost(world, "timeout_before")
    world.fault("missing_field", "/agent/*/runs", field="runs")
    run = world.sync(age(run, minutes=11))
    assert "without the list of runs" in run.sync_error
    assert "never started" not in run.status_message


def test_a_service_that_does_not_know_the_question_is_not_the_one(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.fault("status", "/whoami", status=404, detail="Not Found")
    with caplog.at_level("INFO"):
        world.sync_connection()
        assert world.connection.last_error == "Local engine refused this (404): Not Found."
        world.sync_connection()
    assert world.connection.last_error == ""
    lines = [line for line in caplog.messages if line.startswith(world.connection.name)]
    assert len(lines) == 2
    assert lines[0].startswith(f"{world.connection.name}: Local engine refused this (404): Not Found. Last contact: 20")
    assert lines[1] == f"{world.connection.name} answers again."
