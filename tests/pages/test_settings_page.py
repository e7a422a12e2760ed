"""Settings: how connections stand, who may change them, and a key that goes in and never comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from runs.client.errors import MosaicRejected
from runs.models import AuditEvent, Connection
from tests.factories import make_connection

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
KEY = "mk_live_a_very_secret_key_7f2c"
NEW = {"name": "Studio", "address": "https://api.mosaic.so/", "api_key": KEY, "is_enabled": "on"}


def test_everybody_sees_how_connections_stand_and_nobody_sees_a_key(as_bob: Client, as_ada: Client) -> None:
    make_connection(name="Studio", api_key=KEY, organization_name="Northlight Films", last_contact_at=timezone.now())
    trouble = make_connection(name="Broken")
    trouble.note_trouble("Broken refused the key (401).", timezone.now())
    for person in (as_bob, as_ada):
        page = person.get("/settings/").content.decode()
        for text in ("Studio", "Northlight Films", "…7f2c", "Connected", "In trouble", "refused the key (401)"):
            assert text in page, text
        assert KEY not in page
    assert "needs the Administrator role" in as_bob.get("/settings/").content.decode()
    assert "/test/" not in as_bob.get("/settings/").content.decode()


def test_connections_that_are_switched_off_are_shown_to_administrators(as_bob: Client, as_ada: Client) -> None:
    make_connection(name="Old studio", is_enabled=False)
    assert "Old studio" not in as_bob.get("/settings/").content.decode()
    page = as_ada.get("/settings/").content.decode()
    assert "Old studio" in page
    assert "Switched off" in page


def test_a_connection_is_added_and_audited_without_its_key(as_ada: Client) -> None:
    response = as_ada.post("/settings/connections/", NEW)
    assert (response.status_code, response["Location"]) == (302, "/settings/")
    connection = Connection.objects.get(name="Studio")
    assert (connection.address, connection.api_key, connection.kind) == ("https://api.mosaic.so", KEY, "mosaic")
    event = AuditEvent.objects.get()
    assert event.username == "ada"
    assert KEY not in str(event.before) + str(event.after)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": " "}, "Give it a name."),
        ({"name": "taken"}, "Another connection has this name already."),
        ({"address": "api.mosaic.so"}, "starting with https://"),
        ({"address": "http://api.mosaic.so"}, "over plain http the key could be read"),
        ({"address": "https://user:pass@api.mosaic.so"}, "the key has a field of its own"),
        ({"address": "https://api.mosaic.so:port"}, "This is not an address."),
        ({"address": "https://:pass@api.mosaic.so"}, "the key has a field of its own"),
        ({"address": "https://api.mosaic.so\\@evil.example"}, "characters that an address cannot have"),
        ({"address": "https://["}, "This is not an address."),
        ({"name": "a\0b"}, "Null characters are not allowed."),
        ({"api_key": ""}, "Enter the API key."),
        ({"api_key": "two words here"}, "does not look like a key"),
    ],
)
def test_what_cannot_be_saved_is_said_at_the_field_and_the_rest_is_kept(
    as_ada: Client, change: dict[str, str], sentence: str
) -> None:
    make_connection(name="Taken")
    response = as_ada.post("/settings/connections/", NEW | change)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert 'aria-invalid="true"' in page
    assert KEY not in page
    assert Connection.objects.count() == 1


@pytest.mark.parametrize("address", ["http://127.0.0.1:9000/engine", "http://localhost:8000/engine"])
def test_plain_http_is_good_enough_on_this_machine(as_ada: Client, address: str) -> None:
    assert as_ada.post("/settings/connections/", NEW | {"address": address}).status_code == 302


def test_editing_without_a_key_keeps_the_one_that_is_stored(as_ada: Client) -> None:
    connection = make_connection(name="Studio", kind="mosaic", address="https://api.mosaic.so", api_key=KEY)
    path = f"/settings/connections/{connection.pk}/"
    page = as_ada.get(path).content.decode()
    assert "which ends in 7f2c" in page
    assert KEY not in page
    changed = {"name": "Studio B", "address": "https://api.mosaic.so", "api_key": "", "is_enabled": ""}
    assert as_ada.post(path, changed).status_code == 302
    connection.refresh_from_db()
    assert (connection.name, connection.api_key, connection.is_enabled) == ("Studio B", KEY, False)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("https://evil.example", 422),
        ("https://api.mosaic.so:8443", 422),
        ("https://api.mosaic.so.evil.example", 422),
        ("https://API.mosaic.so:443/v2", 302),
    ],
)
def test_a_stored_key_never_goes_to_another_server(as_ada: Client, address: str, status: int) -> None:
    connection = make_connection(name="Studio", kind="mosaic", address="https://api.mosaic.so", api_key=KEY)
    path = f"/settings/connections/{connection.pk}/"
    changed = {"name": "Studio", "address": address, "api_key": "", "is_enabled": "on"}
    answer = as_ada.post(path, changed)
    assert answer.status_code == status
    if status == 422:
        assert "Enter the key for this one." in answer.content.decode()
        assert as_ada.post(path, changed | {"api_key": "mk_live_of_the_other_server"}).status_code == 302


def test_a_connection_from_the_environment_takes_a_name_and_no_address(as_ada: Client) -> None:
    connection = make_connection(name="Mosaic", kind="mosaic", address="https://api.mosaic.so", is_managed=True)
    changed = {"name": "Our Mosaic", "address": "https://evil.example", "api_key": KEY, "is_enabled": "on"}
    assert as_ada.post(f"/settings/connections/{connection.pk}/", changed).status_code == 302
    connection.refresh_from_db()
    assert (connection.name, connection.address) == ("Our Mosaic", "https://api.mosaic.so")
    assert connection.api_key != KEY


@pytest.mark.parametrize(("person", "status"), [("as_bob", 403), ("as_mary", 403), ("as_charlie", 404)])
def test_only_administrators_change_connections(request: pytest.FixtureRequest, person: str, status: int) -> None:
    connection = make_connection(name="Studio")
    client: Client = request.getfixturevalue(person)
    assert client.post(f"/settings/connections/{connection.pk}/", NEW).status_code == status
    assert client.post(f"/settings/connections/{connection.pk}/test/").status_code == status
    assert client.post("/settings/connections/", NEW | {"name": "Other"}).status_code == 403
    assert Connection.objects.get().name == "Studio"


def test_testing_says_exactly_what_came_back(as_ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = make_connection(name="Studio")

    def answer(_connection: object, _client: object, by: Any) -> str:
        assert by.user.username == "ada"
        return "It works: the key belongs to Northlight Films."

    def refuse(*_args: object, **_kwargs: object) -> str:
        raise MosaicRejected(401, "unauthorized", None, service="Studio")

    monkeypatch.setattr("runs.actions.test_connection", answer)
    path = f"/settings/connections/{connection.pk}/test/"
    assert "Studio: It works: the key belongs to Northlight Films." in _followed(as_ada, path)
    monkeypatch.setattr("runs.actions.test_connection", refuse)
    assert "Studio refused the key (401)." in _followed(as_ada, path)


def _followed(client: Client, path: str) -> str:
    return client.post(path, follow=True).content.decode()


def test_people_and_version_are_pointed_at(as_ada: Client, as_bob: Client) -> None:
    page = as_ada.get("/settings/").content.decode()
    assert "/admin/auth/user/" in page
    assert "0.1.0" in page
    assert "/admin/auth/user/" not in as_bob.get("/settings/").content.decode()
