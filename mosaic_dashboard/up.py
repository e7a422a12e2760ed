"""Standard library only: the parent of the web and the worker process (`manage.py up`).

It holds the data folder's lock and the listening socket; the web process prepares everything, reports on a pipe and
serves; the worker waits until all is prepared. Nothing of Django is imported here, so that the parent stays small.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import os
import socket
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from mosaic_dashboard import dotenv, lifeline
from mosaic_dashboard.supervisor import Child, Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PORT_IN_USE, FOLDER_IN_USE = 3, 4
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what a person may have typed
# Seconds to wait for a predecessor that is just ending, and for the worker's first sign of life.
LOCK_PATIENCE = 1.5
WORKER_PATIENCE = 10.0


class Refusal(Exception):
    """`up` cannot start; the text is one sentence, ``code`` the exit code."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options of `up`; bad usage ends the process with 2."""
    parser = argparse.ArgumentParser(
        prog="manage.py up", description="Set up what is missing, then serve the dashboard and do its background work."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", default=8000, type=_port, help="port to listen on, 0 for any (default: %(default)s)")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> int:
    """Serve until told to stop; the result is the exit code."""
    os.umask(0o077)
    _open_what_is_closed()
    try:
        with _data_folder() as (folder, lock), _listener(options.host, options.port) as listener:
            return _serve(options.host, folder, lock, listener)
    except Refusal as refusal:
        _say(str(refusal))
        return refusal.code


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")
    return int(text)


def setting(name: str) -> str:
    """One setting, read as :func:`mosaic_dashboard.env.value` reads it, without any library."""
    values = {**dotenv.read(dotenv.path()), **os.environ}
    direct = values.get(name, "").strip()
    from_file = values.get(f"{name}_FILE", "").strip()
    return direct or (Path(from_file).read_text(encoding="utf-8").strip() if from_file else "")


@contextmanager
def _data_folder() -> Iterator[tuple[Path, int]]:
    """The data folder, made if it is missing, and the descriptor that keeps others out of it.

    The children inherit the descriptor: the folder is free only when the last of them is gone.
    """
    try:
        folder = ROOT / (setting("MOSAIC_DATA_DIR") or "var")
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700)
        lock = os.open(folder / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        _refuse(f"The data folder cannot be used: {error.strerror}: {error.filename}", 2)
    try:
        patience = time.monotonic() + LOCK_PATIENCE
        while not _take(lock):
            if time.monotonic() > patience:
                _refuse(f"The data folder {folder} is in use by another `manage.py up`.", FOLDER_IN_USE)
            time.sleep(0.1)
        yield folder, lock
    finally:
        os.close(lock)


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _listener(host: str, port: int) -> Iterator[socket.socket]:
    """The listening socket. The parent keeps it, so that requests wait while the web process starts again."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        _refuse(f"--host {host} is not an address of this machine.", 2)
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(1024)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                _refuse(f"Port {port} on {host} is in use; choose another with --port.", PORT_IN_USE)
            _refuse(f"--host {host} --port {port} cannot be listened on: {error.strerror}.", 2)
        yield listener


def _serve(host: str, folder: Path, lock: int, listener: socket.socket) -> int:
    port = listener.getsockname()[1]
    # Where this machine reaches itself; people elsewhere use MOSAIC_PUBLIC_URL.
    own_address = f"http://{_in_url(WILDCARDS.get(host, host))}:{port}"
    status_end, status = os.pipe()
    os.set_blocking(status_end, False)
    # Few malloc arenas: threads do not each keep a heap of their own.
    gate_end, gate = os.pipe()
    environment = {"MALLOC_ARENA_MAX": "2", **os.environ, "MOSAIC_SERVE_URL": own_address}
    manage = [sys.executable, str(ROOT / "manage.py")]
    web = Child(
        "web",
        [*manage, "serve", f"--listener={listener.fileno()}", f"--status={status}", "--prepare"],
        (listener.fileno(), status, lock),
    )
    worker = Child("worker", [*manage, "worker"], (lock, gate_end), {lifeline.GATE: str(gate_end)})
    with Supervisor(environment) as supervisor:
        supervisor.start(web)
        supervisor.start(worker)
        return _Parent(supervisor, web, gate, folder, f"http://{_in_url(host)}:{port}/").run(status_end)


class _Parent:
    """What the parent does between start and stop: pass on what the web process reports."""

    def __init__(self, supervisor: Supervisor, web: Child, gate: int, folder: Path, address: str) -> None:
        self.supervisor, self.web, self.gate = supervisor, web, gate
        self.beat = folder / "worker.beat"
        self.address = address
        self.prepared_at = self.patient_until = 0.0
        self.answers = False
        self.announced = False

    def run(self, status_end: int) -> int:
        unread = b""
        while not self.supervisor.stopping:
            ended = self.supervisor.wait(None if self.announced or not self.answers else 0.05, status_end)
            with suppress(BlockingIOError):
                unread += os.read(status_end, 4096)
            *lines, unread = unread.split(b"\n")
            for line in lines:
                self.hear(line.decode())
            for child, code in ended:
                if child is self.web and not self.prepared_at and code >= 0:
                    return code or 1  # its last words say why
                how = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
                _say(f"The {child.name} process {how}; starting it again.")
            self.announce()
        return 0

    def hear(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "administrator":
            _tell(f"Administrator: {rest}")
        elif word == "password":
            _tell(f"Password: {rest}")
        elif word == "prepared" and not self.prepared_at:
            self.prepared_at = time.time()
            self.patient_until = time.monotonic() + WORKER_PATIENCE
            self.web.command.remove("--prepare")
            os.close(self.gate)  # for this worker and for every later one
        elif word == "answers":
            self.answers = True

    def announce(self) -> None:
        """Say `Ready` once the pages answer and the worker has shown a sign of life (or had ample time for one)."""
        if self.answers and not self.announced:
            with suppress(FileNotFoundError):
                self.announced = self.beat.stat().st_mtime >= self.prepared_at
            self.announced |= time.monotonic() > self.patient_until
            if self.announced:
                _tell(f"Ready: {self.address}")


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _refuse(sentence: str, code: int) -> NoReturn:
    raise Refusal(sentence, code) from None


def _tell(line: str) -> None:
    _write(1, line)


def _say(line: str) -> None:
    _write(2, line)


def _write(descriptor: int, line: str) -> None:
    # Past Python's buffers, which would complain once more at the end. Whoever started us may have stopped reading
    # (a pipe that is closed, a terminal that is gone); that is no reason to stop serving.
    with suppress(OSError):
        os.write(descriptor, f"{line}\n".encode())


def _open_what_is_closed() -> None:
    """Have something behind descriptors 0, 1 and 2, so that no socket or file of ours is taken for one of them."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
