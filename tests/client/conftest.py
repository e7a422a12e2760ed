"""A server that says exactly the bytes a test gives it, over a real socket."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from runs.client import MosaicClient, Patience
from runs.client.auth import make_session

if TYPE_CHECKING:
    from collections.abc import Iterator

HANG_SECONDS = 5


class Server:
    """Answers each connection with the next of ``answers`` (the last one stays); None hangs until the test ends."""

    def __init__(self) -> None:
        self.answers: list[bytes | None] = []
        self.requests: list[str] = []
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._over.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(HANG_SECONDS)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._socket.accept()
                with peer:
                    self._answer(peer)

    def _answer(self, peer: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += peer.recv(65536)
        self.requests.append(request.decode())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            self._over.wait(HANG_SECONDS)
            return
        peer.sendall(answer)


def answer(
    body: bytes = b"{}",
    status: str = "200 OK",
    kind: str = "application/json",
    length: int | None = None,
    more: str = "",
) -> bytes:
    """An HTTP answer; ``length`` may lie about the body's."""
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: close\r\n{more}\r\n"
    return head.encode() + body


@pytest.fixture
def server() -> Iterator[Server]:
    """A listening server."""
    server = Server()
    yield server
    server.close()


class Naps(list[float]):
    """The waits that would have been slept."""

    def __call__(self, seconds: float, /) -> None:
        """Wait for nothing."""
        self.append(seconds)


def make_client(url: str, naps: Naps | None = None, **patience: float) -> MosaicClient:
    """A client of the test's server that does not really wait."""
    session = make_session("mk_test_key")
    return MosaicClient(session, url, patience=Patience(sleep=naps if naps is not None else Naps(), **patience))  # type: ignore[arg-type]
