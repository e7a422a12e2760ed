"""A person decides about a start whose answer was lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from runs import actions, statuses
from runs.engine.models import EngineRun
from runs.models import AuditEvent, Run
from tests.world import NOBODY, World, age, fresh


def two_lost(world: World) -> tuple[Run, Run]:
    """Two equal starts whose answers were lost, each with both runs to choose from."""
    world.fault("timeout_after", "/agent/*/run", times=2)
    first, second = world.start(), world.start()
    world.take_inputs_in()
    return world.sync(first), world.sync(second)


def test_choosing_one_gives_the_other_to_the_other_start(world: World) -> None:
    first, second = two_lost(world)
    ids = [candidate["run_id"] for candidate in first.candidates]
    assert sorted(ids) == sorted(str(pk) for pk in EngineRun.objects.values_list("pk", flat=True))
    chosen = actions.choose_candidate(first, ids[0], NOBODY)
    assert (chosen.status, chosen.remote_id, chosen.candidates) == (statuses.RUNNING, ids[0], [])
    assert AuditEvent.objects.get(verb="run.choose").after == {"run_id": ids[0]}
    other = world.sync(second)
    assert (other.status, other.remote_id) == (statuses.RUNNING, ids[1]), "one was left, so it is taken"


def test_what_is_no_candidate_cannot_be_chosen(world: World) -> None:
    first, _ = two_lost(world)
    with pytest.raises(actions.ActionNotAllowed, match="not, or no longer"):
        actions.choose_candidate(first, "somebody-elses-run", NOBODY)


def test_a_candidate_that_another_start_took_cannot_be_chosen(world: World) -> None:
    first, second = two_lost(world)
    taken = first.candidates[0]["run_id"]
    actions.choose_candidate(first, taken, NOBODY)
    with pytest.raises(actions.ActionNotAllowed, match="another start"):
        actions.choose_candidate(second, taken, NOBODY)
    assert fresh(second).status == statuses.UNCONFIRMED
    assert fresh(second).claim_token is None


def test_a_start_is_given_up_only_after_ten_minutes(world: World) -> None:
    world.fault("timeout_before", "/agent/*/run")
    run = world.start()
    with pytest.raises(actions.ActionNotAllowed, match="still being looked for"):
        actions.abandon_start(run, NOBODY)
    run = age(run, minutes=11)
    given_up = actions.abandon_start(run, NOBODY)
    assert (given_up.status, given_up.due_at) == (statuses.NOT_SENT, None)
    assert given_up.may_send_again_at < timezone.now() + timedelta(seconds=1)
    assert AuditEvent.objects.filter(verb="run.abandon").count() == 2
    with pytest.raises(actions.ActionNotAllowed, match="no longer unconfirmed"):
        actions.abandon_start(given_up, NOBODY)


def test_with_candidates_at_hand_it_can_be_given_up_at_once(world: World) -> None:
    first, _ = two_lost(world)
    assert actions.abandon_start(first, NOBODY).status == statuses.NOT_SENT
