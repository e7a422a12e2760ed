"""What a poll without news weighs on the wire, measured on a real waitress with the settings of `up`."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
import waitress
from django.contrib.auth.decorators import login_not_required
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

from mosaic_dashboard import web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

BOUND = 300


@login_not_required
def quiet(request: HttpRequest) -> HttpResponse:
    """No news; the session is asked, as a real poll does."""
    request.session.get("anything")
    return HttpResponse(status=204)


@login_not_required
def page(_request: HttpRequest) -> HttpResponse:
    """A document."""
    return HttpResponse("<p>news</p>")


urlpatterns = [path("quiet", quiet), path("page", page)]


@pytest.fixture
def port(settings: object) -> Iterator[int]:
    """A waitress that serves this module's two views through all middleware."""
    setattr(settings, "ROOT_URLCONF", __name__)  # noqa: B010 - the fixture has no type
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = waitress.create_server(get_wsgi_application(), sockets=[listener], **web.options())
        threading.Thread(target=server.run, daemon=True).start()
        yield listener.getsockname()[1]
        server.close()
        server.task_dispatcher.shutdown()


def _head(port: int, address: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        received = b"".join(iter(lambda: wire.recv(4096), b""))
    return received.partition(b"\r\n\r\n")[0].decode() + "\r\n\r\n"


def test_a_204_has_few_headers(port: int) -> None:
    head = _head(port, "/quiet")
    assert head.startswith("HTTP/1.1 204 ")
    assert len(head.encode()) <= BOUND, head
    assert "Content-Security-Policy" not in head
    assert "Server:" not in head


def test_a_document_keeps_them_all(port: int) -> None:
    head = _head(port, "/page")
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options"):
        assert f"{name}:" in head
    assert "Server:" not in head
