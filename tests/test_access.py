"""Roles, and the two-read poll."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory
from django.urls import reverse

from runs import access
from tests.factories import make_agent, make_output, make_run, make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from django.test import Client

pytestmark = pytest.mark.django_db


def _polled(client: Client, run_id: uuid.UUID) -> access.PolledRun | None:
    request = RequestFactory().get("/")
    request.session = client.session
    return access.poll_version(request, run_id)


@pytest.mark.parametrize(
    ("group", "view", "start", "spend", "administer"),
    [
        ("", False, False, False, False),
        ("Viewer", True, False, False, False),
        ("Editor", True, True, False, False),
        ("Manager", True, True, True, False),
        ("Administrator", True, True, True, True),
    ],
)
def test_each_role_may_what_the_lower_ones_may(
    group: str, view: bool, start: bool, spend: bool, administer: bool
) -> None:
    user = make_user("dora", group)
    asked = (access.may_view, access.may_start, access.may_spend, access.may_administer)
    assert tuple(may(user) for may in asked) == (view, start, spend, administer)


def test_a_superuser_is_an_administrator() -> None:
    assert access.role_of(make_user("root", is_superuser=True)) is access.Role.ADMINISTRATOR


def test_anonymous_and_switched_off_people_have_no_role() -> None:
    assert access.role_of(AnonymousUser()) is access.Role.NONE
    assert access.role_of(make_user("gone", "Manager", is_active=False)) is access.Role.NONE


def test_strangers_see_nothing(charlie: User) -> None:
    agent = make_agent()
    run = make_run(agent)
    asks: list[tuple[Callable[[User, uuid.UUID], object], uuid.UUID]] = [
        (access.run_for_view, run.pk),
        (access.run_for_change, run.pk),
        (access.agent_for_view, agent.pk),
        (access.output_for_view, make_output(run).pk),
        (access.connection_for_administer, run.connection_id),
    ]
    for ask, key in asks:
        with pytest.raises(Http404):
            ask(charlie, key)
    assert not access.runs_for(charlie).exists()


def test_viewers_see_but_may_not_change(bob: User) -> None:
    run = make_run()
    assert access.run_for_view(bob, run.pk) == run
    with pytest.raises(PermissionDenied, match="Editor"):
        access.run_for_change(bob, run.pk)
    with pytest.raises(PermissionDenied, match="Editor"):
        access.agent_for_start(bob, make_agent().pk)


def test_editors_may_not_spend_and_managers_may_not_administer(alice: User, mary: User) -> None:
    run = make_run()
    with pytest.raises(PermissionDenied, match="Manager"):
        access.connection_for_spend(alice, run.connection_id)
    assert access.connection_for_spend(mary, run.connection_id) == run.connection
    with pytest.raises(PermissionDenied, match="Administrator"):
        access.connection_for_administer(mary, run.connection_id)


def test_a_poll_takes_two_reads(as_bob: Client, django_assert_num_queries: Any) -> None:
    run = make_run()
    with django_assert_num_queries(2):
        polled = _polled(as_bob, run.pk)
    assert polled is not None
    assert polled.version == run.version


def test_a_poll_of_strangers_and_of_nothing_finds_nothing(as_bob: Client, as_charlie: Client, client: Client) -> None:
    run = make_run()
    assert _polled(as_charlie, run.pk) is None
    assert _polled(client, run.pk) is None
    assert _polled(as_bob, uuid.uuid4()) is None


def test_a_changed_password_ends_polling(as_bob: Client, bob: User) -> None:
    run = make_run()
    bob.set_password("another long password")
    bob.save()
    assert _polled(as_bob, run.pk) is None


def test_a_switched_off_account_ends_polling(as_bob: Client, bob: User) -> None:
    run = make_run()
    bob.is_active = False
    bob.save()
    assert _polled(as_bob, run.pk) is None


def test_a_person_is_loaded_with_their_role_in_one_read(mary: User, django_assert_num_queries: Any) -> None:
    mary.groups.add(Group.objects.get_or_create(name="Viewer")[0])
    with django_assert_num_queries(1):
        loaded = access.RoleBackend().get_user(mary.pk)
        assert loaded is not None
        assert access.role_of(loaded) is access.Role.MANAGER


def test_no_switched_off_account_is_loaded_and_no_role_is_none(charlie: User) -> None:
    loaded = access.RoleBackend().get_user(charlie.pk)
    assert loaded is not None
    assert access.role_of(loaded) is access.Role.NONE
    charlie.is_active = False
    charlie.save()
    assert access.RoleBackend().get_user(charlie.pk) is None


def test_a_role_that_is_taken_away_is_gone_with_the_next_page(as_alice: Client, alice: User) -> None:
    run = make_run()
    address = reverse("runs:run", args=[run.pk])
    assert as_alice.get(address).status_code == 200
    alice.groups.clear()
    assert as_alice.get(address).status_code == 404
