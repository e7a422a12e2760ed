"""What goes over the wire beside the page: nothing after HEAD, and who may keep a copy."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
import waitress
from django.core.wsgi import get_wsgi_application
from django.urls import reverse

from mosaic_dashboard import web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client


@pytest.fixture
def port() -> Iterator[int]:
    """A waitress with the settings of `up`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = waitress.create_server(get_wsgi_application(), sockets=[listener], **web.options())
        threading.Thread(target=server.run, daemon=True).start()
        yield listener.getsockname()[1]
        server.close()
        server.task_dispatcher.shutdown()


def _say(port: int, text: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(text.encode())
        return b"".join(iter(lambda: wire.recv(65536), b""))


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("address", ["/healthz", "/engine/agents", "/nothing-here"])
def test_head_is_answered_with_headers_alone(port: int, address: str, coding: str) -> None:
    rest = f"{address} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: {coding}\r\nConnection: close\r\n\r\n"
    headers, _, body = _say(port, f"HEAD {rest}").partition(b"\r\n\r\n")
    assert body == b""
    assert b"\r\nContent-Length: 0" not in headers
    assert _say(port, f"GET {rest}").partition(b"\r\n\r\n")[2]


def test_a_body_that_nobody_needs_is_refused_before_it_is_read(port: int) -> None:
    length = web.MAX_BODY_BYTES + 1
    answer = _say(port, f"POST /engine/agents HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("page", ["home", "agents", "runs", "billing", "settings"])
def test_pages_made_for_one_person_are_no_ones_copy(as_bob: Client, page: str) -> None:
    assert as_bob.get(reverse(f"runs:{page}"))["Cache-Control"] == "private, no-cache"


def test_a_form_for_a_thousand_steps_is_taken(as_alice: Client) -> None:
    fields = {f"params-{number}": "" for number in range(3000)}
    assert as_alice.post("/logout/", fields).status_code == 302
