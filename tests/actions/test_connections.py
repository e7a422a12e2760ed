"""Connections made by hand, and the test of a key."""

from __future__ import annotations

import pytest
from django.utils import timezone

from runs import actions
from runs.client import MosaicRejected
from runs.models import AuditEvent, Connection
from tests.world import NOBODY, World

KEY = "mk_0123456789abcdef"


def test_a_new_connection_keeps_its_key_and_shows_four_characters(db: None) -> None:
    row = actions.save_connection(
        None, name="Tern", address="https://api.example.org/", api_key=KEY, is_enabled=True, by=NOBODY
    )
    stored = Connection.objects.get(pk=row.pk)
    assert (stored.kind, stored.address, stored.api_key, stored.api_key_last4) == (
        "mosaic", "https://api.example.org", KEY, "cdef",
    )  # fmt: skip
    assert stored.due_at is not None
    assert stored.due_at <= timezone.now()
    event = AuditEvent.objects.get()
    assert event.after["key_changed"]
    assert KEY not in str(event.after)


def test_an_empty_key_keeps_the_stored_one(world: World) -> None:
    row = actions.save_connection(
        world.connection, name="Renamed", address=world.connection.address, api_key="", by=NOBODY
    )
    assert row.api_key == world.connection.api_key
    assert row.is_usable
    assert AuditEvent.objects.get().before["name"] != "Renamed"


def test_another_key_or_address_must_first_prove_whose_it_is(world: World) -> None:
    row = actions.save_connection(world.connection, name="A", address=world.connection.address, api_key=KEY, by=NOBODY)
    assert not row.is_usable
    with pytest.raises(actions.ActionNotAllowed, match="is being checked"):
        world.start()


def test_a_managed_row_follows_the_environment(world: World) -> None:
    Connection.objects.update(is_managed=True)
    world.connection.refresh_from_db()
    with pytest.raises(actions.ActionNotAllowed, match="environment"):
        actions.save_connection(world.connection, name="A", address="https://x.example", by=NOBODY)
    renamed = actions.save_connection(world.connection, name="A", address=world.connection.address, by=NOBODY)
    assert renamed.name == "A"


def test_a_key_that_works_is_told_with_its_organisation(world: World) -> None:
    Connection.objects.update(key_checked=False)
    world.connection.refresh_from_db()
    sentence = actions.test_connection(world.connection, world.client, NOBODY)
    assert sentence == "It works: the key belongs to Local studio."
    assert Connection.objects.get().is_usable
    assert AuditEvent.objects.get(verb="connection.test").after == {"organization": "Local studio"}


def test_a_key_that_is_refused_is_told_and_noted(world: World) -> None:
    world.fault("status", "/whoami", status=401)
    with pytest.raises(MosaicRejected, match="refused the key"):
        actions.test_connection(world.connection, world.client, NOBODY)
    assert Connection.objects.get().in_trouble


def test_a_key_of_another_organisation_is_not_taken(world: World) -> None:
    Connection.objects.update(organization_id="other", organization_name="Tern Films")
    world.connection.refresh_from_db()
    with pytest.raises(actions.ActionNotAllowed, match="belongs to Local studio"):
        actions.test_connection(world.connection, world.client, NOBODY)
    assert Connection.objects.get().organization_name == "Tern Films"
