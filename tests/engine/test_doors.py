"""Who gets in, and what is answered to those who do not, or who ask for what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from runs.engine.models import Account

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

    from tests.engine.conftest import Api

# An id that nothing has; the same in every process, so that tests can be shared among them.
NOBODY = "3f2b8c1e-0000-4000-8000-5d7a9c1e2b4f"


@pytest.mark.parametrize("header", ["Bearer mk_wrong", "Bearer ", "Basic mk_local_for_the_tests_only", "", "Bearer ü"])
def test_wrong_keys(api: Api, header: str) -> None:
    response = api.call("GET", "/whoami", headers={"Authorization": header.encode()})
    assert response.status_code == 401
    assert set(response.json()) == {"error", "detail"}
    assert response.json()["error"] == "invalid_api_key"


def test_no_key_over_http(outside: Api) -> None:
    del outside.session.headers["Authorization"]
    response = outside.call("GET", "/whoami")
    assert (response.status_code, response.json()["error"]) == (401, "invalid_api_key")


def test_a_session_is_no_key(as_ada: Client) -> None:
    response = as_ada.get("/engine/agents")
    assert (response.status_code, response.json()["error"]) == (401, "invalid_api_key")


def test_the_adapter_brings_the_key_itself(inside: Api) -> None:
    del inside.session.headers["Authorization"]
    assert inside.get("/agents") == {"agents": [], "next_cursor": None}


def test_switched_off(api: Api, settings: Settings) -> None:
    settings.MOSAIC_ENGINE = False
    assert api.get("/whoami", status=404)["error"] == "not_found"


def test_switched_off_media(client: Client, settings: Settings) -> None:
    settings.MOSAIC_ENGINE = False
    assert client.get("/engine/samples/sample-clip.mp4").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/nothing", "/agents/", "/agent", f"/agent/{NOBODY}", "/agent/nonsense", f"/agent/{NOBODY}/runs"),
        *(f"/agent_run/{NOBODY}", f"/agent_run/{NOBODY}/nodes", f"/node_type/{NOBODY}", f"/agent_nodes/{NOBODY}"),
        *("/agent_nodes", "/webhooks"),
    ],
)
def test_unknown(api: Api, path: str) -> None:
    answer = api.get(path, status=404)
    assert set(answer) == {"error", "detail"}
    assert answer["error"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/agents"), ("GET", f"/agent/{NOBODY}/run"), ("DELETE", "/credits"), ("GET", "/plan/upgrade")],
)
def test_wrong_method(api: Api, method: str, path: str) -> None:
    response = api.call(method, path)
    assert (response.status_code, response.json()["error"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"plan_id": NaN}', b"[" * 100_000, b"[]", b'"text"', b"3"])
def test_malformed_bodies(api: Api, body: bytes) -> None:
    response = api.call("POST", "/plan/upgrade", data=body)
    assert (response.status_code, response.json()["error"]) == (400, "validation_error")


def test_too_large_a_body(outside: Api, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = outside.call("POST", "/plan/upgrade", data=b" " * 200)
    assert (response.status_code, response.json()["error"]) == (413, "too_large")


def test_an_unexpected_failure_is_json_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("runs.engine.http.routes.account", broken)
    answer = api.get("/whoami", status=500)
    assert answer["error"] == "internal_server_error"
    assert "secret" not in answer["detail"]


def test_whoami(api: Api) -> None:
    answer = api.get("/whoami")
    holder = Account.objects.get()
    assert answer["organization_id"] == str(holder.organization_id)
    assert (answer["organization_name"], answer["organization_slug"]) == ("Local studio", "local-studio")
    assert set(answer) == {*("organization_id", "organization_name", "organization_slug", "created_at", "last_used_at")}
    assert api.get("/whoami")["last_used_at"] is not None


@pytest.mark.django_db(transaction=True)
def test_never_inside_a_transaction(inside: Api) -> None:
    with pytest.raises(RuntimeError, match="inside a database transaction"), transaction.atomic():
        inside.get("/agents")
