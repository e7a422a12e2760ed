"""The back office: for Administrators, every model, nothing secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from runs.models import AuditEvent, Connection
from tests.factories import make_agent, make_connection, make_input, make_node, make_output, make_run

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

MODELS = [model for label in ("runs", "engine") for model in apps.get_app_config(label).get_models()]


def _changelist(model: type) -> str:
    meta = model._meta  # type: ignore[attr-defined]
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")


def _change(row: object) -> str:
    meta = row._meta  # type: ignore[attr-defined]
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_has_a_list_with_search_or_columns(as_ada: Client, model: type) -> None:
    assert model in admin.site._registry, f"{model} is not in the admin"
    answer = as_ada.get(_changelist(model), {"q": "x"} if admin.site._registry[model].search_fields else {})
    assert answer.status_code == 200
    assert len(admin.site._registry[model].list_display) > 1 or admin.site._registry[model].search_fields


@pytest.mark.parametrize("who", ["as_alice", "as_bob", "as_mary", "as_charlie"])
def test_lower_roles_stay_outside(request: pytest.FixtureRequest, who: str) -> None:
    client: Client = request.getfixturevalue(who)
    first = client.get(reverse("admin:index"))
    assert first.status_code == 302
    assert client.get(first.headers["Location"]).status_code == 403


def test_anonymous_people_are_sent_to_the_one_login_page(client: Client) -> None:
    answer = client.get(reverse("admin:index"), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("runs:login"))


def test_no_page_of_the_admin_shows_a_key_or_a_signed_link(as_ada: Client) -> None:
    connection = make_connection(api_key="mk_very_secret_key_1234")
    run = make_run(make_agent(connection))
    rows = [connection, run, run.agent, make_node(run), make_output(run), make_input(run)]
    for row in rows:
        assert row is not None
        for address in (_changelist(type(row)), _change(row)):
            text = as_ada.get(address).content.decode()
            assert "mk_very_secret" not in text
            assert "signature=secret" not in text
    assert "1234" in as_ada.get(_change(connection)).content.decode()


def test_a_key_is_written_here_and_never_read(as_ada: Client) -> None:
    connection = make_connection(api_key="mk_old_key_of_the_team")
    form = {
        "kind": connection.kind,
        "name": "Renamed",
        "address": connection.address,
        "new_api_key": "mk_new_key_of_the_team_9876",
        "is_enabled": "on",
    }
    assert as_ada.post(_change(connection), form).status_code == 302
    connection.refresh_from_db()
    assert connection.api_key == "mk_new_key_of_the_team_9876"
    assert connection.api_key_last4 == "9876"
    event = AuditEvent.objects.get(object_id=str(connection.pk))
    assert (event.username, event.verb) == ("ada", "admin.change")
    assert "mk_new" not in str(event.after)


def test_the_old_key_is_kept_when_none_is_typed(as_ada: Client) -> None:
    connection = make_connection(api_key="mk_old_key_of_the_team")
    form = {"kind": connection.kind, "name": "Renamed", "address": connection.address, "new_api_key": ""}
    as_ada.post(_change(connection), form)
    assert Connection.objects.get(pk=connection.pk).api_key == "mk_old_key_of_the_team"


def test_the_key_is_encrypted_in_the_database() -> None:
    connection = make_connection(api_key="mk_very_secret_key_1234")
    stored = Connection.objects.filter(pk=connection.pk).extra(select={"raw": "api_key"}).values("raw").get()["raw"]
    assert stored
    assert "mk_" not in stored


def test_what_the_remote_owns_cannot_be_edited(as_ada: Client) -> None:
    run = make_run()
    assert as_ada.post(_change(run), {"status": "completed"}).status_code == 403
    run.refresh_from_db()
    assert run.status == "running"


def test_sync_now_makes_runs_due(as_ada: Client) -> None:
    run = make_run(due_at=None)
    as_ada.post(_changelist(type(run)), {"action": "sync_now", "_selected_action": [str(run.pk)]})
    run.refresh_from_db()
    assert run.due_at is not None


def test_a_refusal_of_resume_is_told_in_a_sentence(as_ada: Client) -> None:
    run = make_run(status="completed")
    answer = as_ada.post(_changelist(type(run)), {"action": "resume", "_selected_action": [str(run.pk)]}, follow=True)
    messages = [str(message) for message in answer.context["messages"]]
    assert len(messages) == 1
    assert messages[0].startswith(str(run))
    assert "done" not in messages[0]
