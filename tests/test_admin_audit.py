"""The back office leaves the same trail as the pages, and is no way round their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from runs.admin.runs import MOST_AT_ONCE
from runs.models import AuditEvent, Connection, LoginThrottle, Run
from tests.factories import make_connection, make_run

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
KEY = "mk_old_key_of_the_team"


def _change(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _list(model: type[Any]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_a_new_role_is_written_down_with_who_gave_it(as_ada: Client, bob: User) -> None:
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    manager = Group.objects.get_or_create(name="Manager")[0]
    form = {"username": "bob", "is_active": "on", "groups": [manager.pk], **joined}
    assert as_ada.post(_change(bob), form).status_code == 302
    event = AuditEvent.objects.get(object_type="user")
    assert (event.username, event.verb, event.object_label, event.address) == (
        "ada",
        "admin.change",
        "bob",
        "127.0.0.1",
    )
    assert event.before["roles"] == ["Viewer"]
    assert event.after["roles"] == ["Manager"]


def test_passwords_are_set_and_not_written_down(as_ada: Client, bob: User) -> None:
    new = "a long new password 77"
    path = reverse("admin:auth_user_password_change", args=[bob.pk])
    as_ada.post(path, {"password1": new, "password2": new, "usable_password": "true"})
    bob.refresh_from_db()
    assert bob.check_password(new)
    event = AuditEvent.objects.get(object_type="user")
    assert event.verb == "admin.change"
    assert new not in str(event.before) + str(event.after)
    assert bob.password not in str(event.before) + str(event.after)


def test_what_is_deleted_is_written_down(as_ada: Client) -> None:
    row = LoginThrottle.objects.create(key="account:bob", failures=9)
    data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    as_ada.post(_list(LoginThrottle), data)
    assert not LoginThrottle.objects.exists()
    assert AuditEvent.objects.get().verb == "admin.delete"


def test_sync_now_is_written_down(as_ada: Client) -> None:
    run = make_run(due_at=None)
    as_ada.post(_list(Run), {"action": "sync_now", "_selected_action": [str(run.pk)]})
    event = AuditEvent.objects.get()
    assert (event.verb, event.object_type, event.object_label) == ("admin.sync", "run", "1 runs")
    assert event.after == {"ids": [str(run.pk)]}


def test_nobody_waits_for_a_thousand_requests(as_ada: Client) -> None:
    agent_run = make_run(status="failed")
    runs = [make_run(agent_run.agent, status="failed") for _ in range(MOST_AT_ONCE)]
    ids = [str(run.pk) for run in (agent_run, *runs)]
    page = as_ada.post(_list(Run), {"action": "resume", "_selected_action": ids}, follow=True)
    assert [str(message) for message in page.context["messages"]] == ["Choose at most 50 runs at once."]
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("https://evil.example", "Enter the key for this one."),
        ("http://api.mosaic.so", "over plain http"),
        ("ftp://api.mosaic.so", "starting with https://"),
    ],
)
def test_the_rules_for_addresses_hold_here_too(as_ada: Client, address: str, sentence: str) -> None:
    connection = make_connection(kind="mosaic", address="https://api.mosaic.so", api_key=KEY)
    form = {"name": "Studio", "address": address, "new_api_key": "", "is_enabled": "on"}
    assert sentence in as_ada.post(_change(connection), form).content.decode()
    assert Connection.objects.get(pk=connection.pk).address == "https://api.mosaic.so"


def test_what_comes_from_the_environment_stays(as_ada: Client) -> None:
    connection = make_connection(kind="mosaic", address="https://api.mosaic.so", api_key=KEY, is_managed=True)
    form = {"name": "Studio", "address": "https://evil.example", "new_api_key": "mk_other_key_123", "is_enabled": "on"}
    assert "come from the environment" in as_ada.post(_change(connection), form).content.decode()
    assert Connection.objects.get(pk=connection.pk).api_key == KEY


def test_nobody_makes_a_second_engine_here(as_ada: Client) -> None:
    form = {"kind": "engine", "name": "Second", "address": "https://api.mosaic.so", "new_api_key": KEY}
    assert as_ada.post(reverse("admin:runs_connection_add"), form).status_code == 302
    assert Connection.objects.get().kind == Connection.Kind.MOSAIC
    assert AuditEvent.objects.get().verb == "admin.add"
