"""Connections, upgrades and the login are asked what every action is asked, where their own tests do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from runs.engine.models import Account, Fault
from runs.models import AuditEvent, Connection
from tests.factories import PASSWORD, make_connection

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db
KEY = "mk_live_a_very_secret_key_7f2c"
NEW = {"name": "Studio", "address": "https://api.mosaic.so", "api_key": KEY, "is_enabled": "on"}


@pytest.fixture
def engine(settings: Any) -> Connection:
    """A connection to the real engine, on its first plan."""
    return make_connection(name="Engine", api_key=settings.MOSAIC_ENGINE_KEY, billing_at=timezone.now())


def _paths(connection: Connection) -> dict[str, str]:
    return {
        "create": "/settings/connections/",
        "update": f"/settings/connections/{connection.pk}/",
        "test": f"/settings/connections/{connection.pk}/test/",
        "upgrade": "/billing/upgrade/",
        "login": "/login/",
        "logout": "/logout/",
    }


def _fault(kind: str, **options: Any) -> None:
    Fault.objects.create(path="/", kind=kind, remaining=9, options=options)


def _upgrade(client: Client, connection: Connection, plan_id: str) -> str:
    answer = client.post("/billing/upgrade/", {"connection": str(connection.pk), "plan_id": plan_id})
    assert (answer.status_code, answer["Location"]) == (302, "/billing/")
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("name", ["create", "update", "test", "upgrade", "login", "logout"])
def test_other_methods_do_nothing(as_ada: Client, engine: Connection, name: str, method: str) -> None:
    assert as_ada.generic(method, _paths(engine)[name]).status_code == 405
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("name", ["test", "upgrade", "logout"])
def test_a_link_does_nothing(as_ada: Client, engine: Connection, name: str) -> None:
    answer = as_ada.get(_paths(engine)[name])
    # Whoever comes back here from the login is led to the page that the button stands on.
    assert answer.status_code == 405 or answer["Location"] in {"/", "/settings/", "/billing/"}
    assert not AuditEvent.objects.exists()
    assert as_ada.get("/settings/").status_code == 200


@pytest.mark.parametrize("name", ["create", "update", "test", "upgrade", "login", "logout"])
def test_another_site_cannot_post(ada: User, engine: Connection, name: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    assert browser.post(_paths(engine)[name], NEW).status_code == 403
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("name", ["create", "update", "test", "upgrade"])
def test_the_logged_out_are_sent_to_the_login(client: Client, engine: Connection, name: str) -> None:
    assert client.post(_paths(engine)[name], NEW)["Location"].startswith("/login/?next=")


def test_a_double_click_makes_one_connection(as_ada: Client) -> None:
    assert as_ada.post("/settings/connections/", NEW).status_code == 302
    again = as_ada.post("/settings/connections/", NEW)
    assert again.status_code == 422
    assert "Another connection has this name already." in again.content.decode()
    assert Connection.objects.count() == 1


@pytest.mark.parametrize("kind", ["refuse", "timeout_before", "timeout_after", "cut", "html", "missing_field"])
def test_a_remote_that_is_away_is_told_by_the_test(as_ada: Client, engine: Connection, kind: str) -> None:
    _fault(kind, **({"field": "organization_id"} if kind == "missing_field" else {}))
    answer = as_ada.post(_paths(engine)["test"])
    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    assert str(next(iter(get_messages(answer.wsgi_request)))).startswith("Engine: ")
    assert AuditEvent.objects.get().verb == "connection.test"


def test_a_refused_key_is_told_by_the_test(as_ada: Client) -> None:
    connection = make_connection(name="Engine", api_key="mk_local_not_this_one")
    answer = as_ada.post(_paths(connection)["test"])
    sentence = str(next(iter(get_messages(answer.wsgi_request))))
    assert "key" in sentence
    assert "mk_local_not_this_one" not in sentence


def test_a_second_click_on_upgrade_is_refused_in_words(as_mary: Client, engine: Connection) -> None:
    assert "is on the plan" in _upgrade(as_mary, engine, "creator")
    assert "is the plan already" in _upgrade(as_mary, engine, "creator")
    assert AuditEvent.objects.filter(verb="plan.upgrade").count() == 2


@pytest.mark.parametrize("kind", ["refuse", "timeout_before", "timeout_after", "cut", "html", "status"])
def test_an_upgrade_without_an_answer_is_not_repeated(as_mary: Client, engine: Connection, kind: str) -> None:
    before = Account.objects.values_list("plan_id", flat=True).first()
    _fault(kind)
    assert _upgrade(as_mary, engine, "creator")
    assert Fault.objects.get().remaining == 8
    after = Account.objects.values_list("plan_id", flat=True).first()
    assert (after == "creator") == (kind in {"timeout_after", "cut", "html"} or before == "creator")
    assert Connection.objects.get().claim_token is None


@pytest.mark.parametrize("plan_id", ["nothing-like-it", "x" * 5000, "<script>", "../plan"])
def test_an_unknown_plan_is_refused_by_the_remote(as_mary: Client, engine: Connection, plan_id: str) -> None:
    assert _upgrade(as_mary, engine, plan_id)
    assert not Connection.objects.get().in_trouble


@pytest.mark.parametrize("posted", ["", "x", "0", "../", "00000000-0000-4000-8000-000000000000"])
def test_an_upgrade_of_nothing_finds_nothing(as_mary: Client, posted: str) -> None:
    assert as_mary.post("/billing/upgrade/", {"connection": posted, "plan_id": "creator"}).status_code == 404


def test_a_connection_that_is_off_is_not_upgraded(as_mary: Client, engine: Connection) -> None:
    Connection.objects.update(is_enabled=False)
    form = {"connection": str(engine.pk), "plan_id": "creator"}
    assert as_mary.post("/billing/upgrade/", form).status_code == 404


def test_a_login_begins_a_session_of_its_own(client: Client, alice: User) -> None:
    client.get("/login/")
    session = client.session
    session["planted"] = "x"
    session.save()
    client.cookies["mosaic_session"] = planted = str(session.session_key)
    client.post("/login/", {"username": "alice", "password": PASSWORD})
    assert client.cookies["mosaic_session"].value != planted
    assert client.cookies["mosaic_session"]["httponly"]
    assert client.cookies["mosaic_session"]["samesite"] == "Lax"
