"""The engine behind both of its doors: in-process, and a real waitress with real sockets."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import requests
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from waitress import create_server

from runs.engine.http.inprocess import BASE_URL, EngineAdapter
from runs.engine.models import Asset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import StartResponse, WSGIEnvironment

    from pytest_django.fixtures import Settings

ASSET_ID = UUID("00000000-0000-4000-8000-00000000a55e")


@dataclass
class Api:
    """A client of the engine that keeps to plain ``requests``."""

    session: requests.Session
    base_url: str

    def call(self, method: str, path: str, *, timeout: float = 10, **options: Any) -> requests.Response:
        """One request with the engine's key."""
        return self.session.request(method, self.base_url + path, timeout=timeout, **options)

    def get(self, path: str, query: dict[str, Any] | None = None, *, status: int = 200) -> Any:
        """The JSON of a GET that ends with this status."""
        response = self.call("GET", path, params=query)
        assert response.status_code == status, response.text
        return response.json()

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """The JSON of a POST that ends with this status."""
        response = self.call("POST", path, json={} if body is None else body)
        assert response.status_code == status, response.text
        return response.json()

    def fault(self, kind: str, path: str = "*", times: int = 1, **options: Any) -> None:
        """Set a fault."""
        self.post("/_faults", {"kind": kind, "path": path, "times": times, **options})


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {settings.MOSAIC_ENGINE_KEY}"
    return session


@pytest.fixture
def inside(db: None) -> Api:
    """The engine without a socket."""
    session = _session()
    session.mount(BASE_URL, EngineAdapter())
    return Api(session, BASE_URL)


class _Server:
    """A real waitress for the whole session; each test lends it its database connection."""

    def __init__(self) -> None:
        self.connection: Any = None
        self._application = get_wsgi_application()
        logging.getLogger("waitress").setLevel(logging.ERROR)
        self.waitress = create_server(self._answer, host="127.0.0.1", port=0, threads=4)
        threading.Thread(target=self.waitress.run, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.waitress.effective_port}"

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        connections["default"] = self.connection
        return self._application(environ, start_response)


@pytest.fixture(scope="session")
def real_server() -> Iterator[_Server]:
    """Listening from the first test that wants it to the last."""
    server = _Server()
    yield server
    server.waitress.close()


@pytest.fixture
def server(db: None, settings: Settings, real_server: _Server) -> Iterator[str]:
    """The address of a real waitress that sees this test's database."""
    shared = connections["default"]
    shared.inc_thread_sharing()
    real_server.connection = shared
    settings.PUBLIC_URL = settings.SERVE_URL = real_server.address
    yield real_server.address
    shared.dec_thread_sharing()


@pytest.fixture
def outside(server: str) -> Api:
    """The engine over HTTP."""
    return Api(_session(), f"{server}/engine")


@pytest.fixture(params=["in-process", "http"])
def api(request: pytest.FixtureRequest) -> Api:
    """The engine through each of its doors in turn."""
    if request.param == "in-process":
        inside: Api = request.getfixturevalue("inside")
        return inside
    outside: Api = request.getfixturevalue("outside")
    return outside


@pytest.fixture
def asset(db: None) -> Asset:
    """A video that exists by its id alone."""
    return Asset.objects.create(
        pk=ASSET_ID, name="Clip", video_path="samples/none.mp4", thumbnail_path="samples/none.jpg"
    )
