"""Credits and plan: read, kept, changed once."""

from __future__ import annotations

import pytest

from runs import actions
from runs.client import MosaicRejected, MosaicUnavailable
from runs.engine.models import Account
from runs.models import AuditEvent, Connection
from tests.world import NOBODY, World

BACK = "http://testserver/billing/"


def test_what_was_read_is_kept_with_its_time(world: World) -> None:
    actions.refresh_billing(world.connection, world.client)
    stored = Connection.objects.get()
    assert stored.billing["credits"]["balance"] == float(Account.objects.get().balance)
    assert next(plan["id"] for plan in stored.billing["plans"]) == "creator"
    assert stored.billing["plan"]["plan"] is None
    assert stored.billing_at is not None


def test_a_part_that_is_refused_or_garbled_leaves_the_others(world: World) -> None:
    world.fault("status", "/credits", status=403)
    world.fault("html", "/plan/list")
    actions.refresh_billing(world.connection, world.client)
    stored = Connection.objects.get()
    assert (stored.billing["credits"], stored.billing["plans"]) == (None, [])
    assert stored.billing["plan"] is not None


def test_without_an_answer_what_was_known_stays(world: World) -> None:
    actions.refresh_billing(world.connection, world.client)
    before = Connection.objects.get().billing
    world.fault("refuse")
    with pytest.raises(MosaicUnavailable):
        actions.refresh_billing(world.connection, world.client)
    stored = Connection.objects.get()
    assert stored.billing == before
    assert stored.in_trouble


def test_an_upgrade_changes_the_plan_and_is_read_again(world: World) -> None:
    result = actions.upgrade_plan(world.connection, world.client, "creator", BACK, NOBODY)
    assert (result.success, result.requires_checkout) == (True, False)
    stored = Connection.objects.get()
    assert stored.billing["plan"]["plan"]["id"] == "creator"
    assert stored.claim_token is None
    event = AuditEvent.objects.get(verb="plan.upgrade")
    assert (event.before, event.after["plan_id"]) == ({"plan": ""}, "creator")


def test_the_plan_one_has_is_not_bought_again(world: World) -> None:
    actions.upgrade_plan(world.connection, world.client, "creator", BACK, NOBODY)
    with pytest.raises(actions.ActionNotAllowed, match="the plan already"):
        actions.upgrade_plan(Connection.objects.get(), world.client, "creator", BACK, NOBODY)


def test_while_a_change_is_on_its_way_no_second_one_is_sent(world: World) -> None:
    assert Connection.objects.claim(world.connection.pk, "upgrade", 40)
    world.fault("refuse", times=9)
    with pytest.raises(actions.ActionNotAllowed, match="on its way"):
        actions.upgrade_plan(world.connection, world.client, "creator", BACK, NOBODY)
    assert "on its way" in AuditEvent.objects.get(verb="plan.upgrade").after["refused"]


def test_a_refused_upgrade_is_audited_and_raised(world: World) -> None:
    with pytest.raises(MosaicRejected):
        actions.upgrade_plan(world.connection, world.client, "platinum", BACK, NOBODY)
    assert AuditEvent.objects.get(verb="plan.upgrade").after["plan"] == "platinum"
    assert Connection.objects.get().claim_token is None


def test_a_lost_answer_is_not_repeated(world: World) -> None:
    world.fault("timeout_after", "/plan/upgrade")
    with pytest.raises(MosaicUnavailable) as caught:
        actions.upgrade_plan(world.connection, world.client, "creator", BACK, NOBODY)
    assert caught.value.may_have_acted
    actions.refresh_billing(world.connection, world.client)
    assert Connection.objects.get().billing["plan"]["plan"]["id"] == "creator", "the plan tells what happened"
