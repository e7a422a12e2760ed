"""Looking for the run that a lost start made."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from runs import statuses, sync
from runs.engine.models import EngineRun
from runs.models import Run
from tests.engine import play
from tests.world import STEPS, World, age, fresh


def lost(world: World, kind: str = "timeout_after") -> Run:
    """A start whose answer was lost."""
    world.fault(kind, "/agent/*/run")
    return world.start()


@pytest.mark.parametrize("kind", ["timeout_after", "cut", "html"])
def test_the_only_run_that_fits_is_taken(world: World, kind: str) -> None:
    run = lost(world, kind)
    world.take_inputs_in()
    run = world.sync(run)
    assert run.status == statuses.RUNNING
    assert run.remote_id == str(EngineRun.objects.get().pk)
    assert run.claim_token is None
    assert "matched" in run.events.get(source="poll").text
    play.out(str(run.remote_id))
    assert world.sync(run).status == statuses.COMPLETED
    assert Run.objects.count() == 1


def test_inputs_that_are_not_listed_yet_are_waited_for(world: World) -> None:
    run = world.sync(lost(world))
    assert (run.status, run.candidates) == (statuses.UNCONFIRMED, [])
    run = world.sync(age(run, seconds=70))
    assert [one["run_id"] for one in run.candidates] == [str(EngineRun.objects.get().pk)], "then a person may choose"
    world.take_inputs_in()
    assert world.sync(run).status == statuses.RUNNING


def test_another_number_of_inputs_does_not_fit(world: World) -> None:
    two = {"video_urls": ["https://media.example/a.mp4", "https://media.example/b.mp4"]}
    world.client.start_run(world.agent.remote_id, two)
    world.fault("timeout_before", "/agent/*/run")
    run = world.start()
    for engine_run in EngineRun.objects.all():
        play.once(engine_run)
        play.once(engine_run)
    run = world.sync(run)
    assert (run.status, run.candidates) == (statuses.UNCONFIRMED, [])


def test_another_agents_run_and_an_earlier_one_do_not_fit(world: World) -> None:
    other = play.make_agent(STEPS, name="Other")
    world.client.start_run(str(other.pk), world.body)
    world.client.start_run(world.agent.remote_id, world.body)
    EngineRun.objects.filter(agent=world.template).update(created_at=timezone.now() - timedelta(minutes=20))
    run = lost(world, "timeout_before")
    world.take_inputs_in()
    run = world.sync(run)
    assert (run.status, run.candidates) == (statuses.UNCONFIRMED, [])


def test_a_run_that_another_start_owns_does_not_fit(world: World) -> None:
    owner = world.start()
    run = lost(world, "timeout_before")
    world.take_inputs_in()
    assert world.sync(run).status == statuses.UNCONFIRMED
    assert fresh(owner).remote_id is not None


def test_several_that_fit_are_left_to_a_person(world: World) -> None:
    world.client.start_run(world.agent.remote_id, world.body)
    run = lost(world)
    world.take_inputs_in()
    run = world.sync(run)
    assert run.status == statuses.UNCONFIRMED
    assert len(run.candidates) == 2
    assert set(run.candidates[0]) == {"run_id", "status", "started_at", "inputs"}
    version = run.version
    assert world.sync(run).version == version, "the same candidates are no news"


def test_none_within_ten_minutes_ends_the_looking(world: World) -> None:
    run = world.sync(lost(world, "timeout_before"))
    assert run.due_at is not None
    assert run.due_at < timezone.now() + timedelta(seconds=3)
    run = world.sync(age(run, minutes=11))
    assert (run.status, run.due_at) == (statuses.UNCONFIRMED, None)
    assert "within ten minutes" in run.status_message
    assert run.events.filter(text__contains="within ten minutes").count() == 1


def test_while_the_remote_is_away_nobody_says_none(world: World) -> None:
    run = age(lost(world, "timeout_before"), minutes=11)
    world.fault("refuse")
    run = world.sync(run)
    assert run.due_at is not None
    assert "within ten minutes" not in run.status_message
    assert "within ten minutes" in world.sync(run).status_message


def test_a_start_whose_sender_died_becomes_unconfirmed_and_is_found(world: World) -> None:
    run = world.start()
    Run.objects.update(
        status=statuses.STARTING, remote_id=None, claim_token="0" * 32, claimed_for="start",
        claimed_until=timezone.now() + timedelta(seconds=40), due_at=timezone.now(),
    )  # fmt: skip
    sync.reconcile_run(run.pk, world.client)
    assert fresh(run).status == statuses.STARTING, "its sender may still be alive"
    Run.objects.update(claimed_until=timezone.now())
    sync.reconcile_run(run.pk, world.client)
    run = fresh(run)
    assert run.status == statuses.UNCONFIRMED
    world.take_inputs_in()
    assert world.sync(run).status == statuses.RUNNING
    assert EngineRun.objects.count() == 1


def test_discovery_leaves_a_lost_starts_run_to_it(world: World) -> None:
    run = lost(world)
    world.sync_connection()
    assert Run.objects.count() == 1
    world.take_inputs_in()
    assert world.sync(run).status == statuses.RUNNING


def test_a_run_that_was_discovered_first_is_merged_into_its_start(world: World) -> None:
    run = lost(world)
    Run.objects.filter(pk=run.pk).update(status=statuses.NOT_SENT)
    world.sync_connection()
    Run.objects.filter(pk=run.pk).update(status=statuses.UNCONFIRMED)
    play.out(str(EngineRun.objects.get().pk))
    found = Run.objects.exclude(pk=run.pk).get()
    world.sync(found)
    output = found.outputs.get()
    run = world.sync(run)
    assert Run.objects.count() == 1
    assert run.remote_id == found.remote_id
    assert run.outputs.get().pk == output.pk, "what was known moves along"
    assert world.sync(run).status == statuses.COMPLETED
