"""What is open without a login is a list, and everything else is closed: every address there is gets asked."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

# Names of routes that answer without a session; docs/security.md gives the reasons.
OPEN = {"runs:login", "healthz", "readyz"}
# The engine speaks to API clients: it knows no sessions and answers 401 without its key, except for its signed media
# and the sample clip, which are found only by those who have the address.
ENGINE = "engine/"
SAMPLES = {"uuid": str(uuid.UUID(int=7)), "int": "7", "str": "x", "slug": "x", "path": "x"}

pytestmark = pytest.mark.django_db


def _routes(resolver: URLResolver, prefix: str = "", names: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(qualified name, concrete path) of every route of our own."""
    for entry in resolver.url_patterns:
        path = prefix + _concrete(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = (*names, entry.namespace) if entry.namespace else names
            yield from _routes(entry, path, inner)
        elif isinstance(entry, URLPattern):
            yield ":".join((*names, entry.name or "")), path


def _concrete(pattern: Any) -> str:
    text = str(pattern)
    for name, converter in getattr(pattern, "converters", {}).items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        text = text.replace(f"<{kind}:{name}>", SAMPLES[kind]).replace(f"<{name}>", "x")
    return text


ROUTES = [route for route in _routes(get_resolver()) if not route[0].startswith("admin")]
CLOSED = [route for route in ROUTES if route[0] not in OPEN and not route[1].startswith(ENGINE)]


def test_the_walk_finds_the_pages_that_are_fixed() -> None:
    names = {name for name, _path in ROUTES}
    fixed = {"home", "agents", "agent", "agent-run", "runs", "run", "run-live", "run-resume", "run-cancel", "login"}
    assert names >= {f"runs:{name}" for name in fixed | {"billing", "settings", "output-video", "output-thumbnail"}}


@pytest.mark.parametrize(("name", "path"), CLOSED, ids=[name for name, _path in CLOSED])
@pytest.mark.parametrize("method", ["get", "post"])
def test_everything_else_leads_to_the_login(client: Client, name: str, path: str, method: str) -> None:
    response = getattr(client, method)(f"/{path}")
    refused = response.status_code in {401, 405}
    to_login = response.status_code == 302 and response["Location"].startswith("/login/?next=")
    assert to_login or refused, f"{name} answered {response.status_code}"
    assert b"csrfmiddlewaretoken" not in response.content


@pytest.mark.parametrize("name", sorted(OPEN))
def test_the_open_pages_are_open(client: Client, name: str) -> None:
    path = next(path for route, path in ROUTES if route == name)
    assert client.get(f"/{path}").status_code in {200, 503}


def test_the_back_office_is_closed_to_all_but_administrators(client: Client, as_mary: Client, as_ada: Client) -> None:
    assert client.get("/admin/").status_code == 302
    assert as_mary.get("/admin/").status_code == 302
    assert as_ada.get("/admin/").status_code == 200


@pytest.mark.skipif(not settings.MOSAIC_ENGINE, reason="the engine is off")
def test_the_engine_knows_no_session(as_ada: Client) -> None:
    for path in ("whoami", "agents", "credits", "plan"):
        assert as_ada.get(f"/engine/{path}").status_code == 401, path
