"""The measurements: bytes over the wire, queries, headers of a poll, server times."""

from __future__ import annotations

import gzip
import re
import socket
import statistics
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import brotli
import waitress
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Callable

    from runs.management.bench_data import Scene

ASSET = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and the bound it must keep. Structural ones do not depend on the machine."""

    name: str
    value: float
    unit: str
    bound: float
    is_structural: bool = True

    @property
    def holds(self) -> bool:
        """Within the bound."""
        return self.value <= self.bound

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"holds": self.holds}


def measure(scene: Scene, rounds: int, progress: Callable[[str], Any]) -> list[Figure]:
    """Every figure, in the order of the report."""
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(scene.user)
    run_page = reverse("runs:run", args=[scene.run.pk])
    agent_page = reverse("runs:agent", args=[scene.agent.pk])
    pages = {
        "home": reverse("runs:home"),
        "agents": reverse("runs:agents"),
        "agent of 100 nodes": agent_page,
        "run list": reverse("runs:runs"),
        "run of 100 nodes": run_page,
        "credits and plan": reverse("runs:billing"),
        "settings": reverse("runs:settings"),
    }
    figures: list[Figure] = []
    for name, address in pages.items():
        progress(f"\r  measuring {name:<30}")
        figures += _page(client, name, address)
    figures += _poll(client, scene)
    figures.append(_timed(client, "run list", pages["run list"], rounds, bound=200))
    figures.append(_timed(client, "run list, failed", pages["run list"] + "?status=failed", rounds, bound=200))
    figures.append(_timed(client, "run list, agent and text", _searched(scene), rounds, bound=200))
    figures.append(_timed(client, "run page of a 100-node run", run_page, rounds, bound=150))
    figures.append(_timed(client, "agent page of a 100-node agent", agent_page, rounds, bound=150))
    figures.append(_timed(client, "home", pages["home"], rounds, bound=200))
    progress("\r" + " " * 60 + "\r")
    return figures


def _searched(scene: Scene) -> str:
    return f"{reverse('runs:runs')}?agent={scene.agent.pk}&q=reframe"


def _page(client: Client, name: str, address: str) -> list[Figure]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address, headers={"accept-encoding": "gzip"})
    if answer.status_code != 200:
        raise RuntimeError(f"{name}: HTTP {answer.status_code}")
    wire = answer.content
    text = (gzip.decompress(wire) if answer.headers.get("Content-Encoding") == "gzip" else wire).decode()
    assets = {path: _compressed(path) for path in set(ASSET.findall(text))}
    scripts = sum(size for path, size in assets.items() if path.endswith(".js"))
    return [
        Figure(f"first load, {name}", round((len(wire) + sum(assets.values())) / 1000, 1), "kB", 100),
        Figure(f"scripts, {name}", round(scripts / 1000, 1), "kB", 40),
        Figure(f"queries, {name}", len(queries), "", 10),
    ]


def _compressed(address: str) -> int:
    path = Path(settings.STATIC_ROOT) / urlsplit(address).path.removeprefix("/static/")
    packed = path.with_name(path.name + ".br")
    return packed.stat().st_size if packed.exists() else len(brotli.compress(path.read_bytes()))


def _poll(client: Client, scene: Scene) -> list[Figure]:
    scene.run.refresh_from_db()
    address = f"{reverse('runs:run-live', args=[scene.run.pk])}?v={scene.run.version}"
    client.get(address)  # writes the watch mark, which is due at most every ten seconds
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    if answer.status_code != 204:
        raise RuntimeError(f"poll: HTTP {answer.status_code}")
    return [
        Figure("database reads of a poll without news", len(queries), "", 2),
        Figure("headers of a poll without news", _header_bytes(client, address), "bytes", 300),
    ]


def _header_bytes(client: Client, address: str) -> int:
    """Ask over a real socket, as a browser would, and count everything up to the empty line."""
    server = waitress.create_server(get_wsgi_application(), host="127.0.0.1", port=0, threads=1, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        with socket.create_connection(("127.0.0.1", server.effective_port), timeout=10) as peer:
            peer.sendall(f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
            received = b""
            while b"\r\n\r\n" not in received:
                received += peer.recv(4096)
    finally:
        # First the thread that answers, which would otherwise look for its server.
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=5)
        server.close()
        thread.join(5)
    if not received.startswith(b"HTTP/1.1 204"):
        raise RuntimeError(f"poll over a socket: {received[:40]!r}")
    return received.index(b"\r\n\r\n") + 4


def _timed(client: Client, name: str, address: str, rounds: int, bound: float) -> Figure:
    client.get(address)
    taken = []
    for _round in range(rounds):
        start = time.perf_counter()
        client.get(address)
        taken.append(1000 * (time.perf_counter() - start))
    return Figure(f"server time, {name}", round(statistics.median(taken), 1), "ms", bound, is_structural=False)
