"""A real `manage.py up` for tests, and what can be read about its processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from tests import environment as environment_of_tests

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """The tests' environment without any setting of ours but ``changes``; the engine is off unless asked for."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MOSAIC_")}
    return {
        **clean,
        "MOSAIC_DATA_DIR": str(folder),
        "MOSAIC_ENV_FILE": os.devnull,
        "MOSAIC_ENGINE": "off",
        **changes,
    }


def manage(*words: str, folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run one management command to its end."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        env=environment(folder, **changes),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@cache
def _seed() -> Path:
    """A folder prepared once for the whole session: its compressed static files and sample clip serve every test."""
    folder = environment_of_tests.DATA_DIR / "seed"
    done = manage("prepare", folder=folder, MOSAIC_ENGINE="on", MOSAIC_ADMIN_PASSWORD="a password for the seed")
    assert done.returncode == 0, done.stderr
    return folder


def seeded(folder: Path) -> Path:
    """The folder with what costs seconds to make and is the same in all: everything else is made by `up` itself."""
    seed = _seed()
    shutil.copytree(seed / "static", folder / "static", dirs_exist_ok=True)
    shutil.copy2(seed / "static.stamp", folder / "static.stamp")
    shutil.copytree(seed / "engine" / "samples", folder / "engine" / "samples", dirs_exist_ok=True)
    return folder


def eventually(question: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Ask until the answer is yes; no after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_alive(process_id: int) -> bool:
    """Does the process run (a zombie does not)?"""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


class Up:
    """A running `up` on a free port. A context manager: leaving it ends the parent, however the test went."""

    def __init__(self, folder: Path, *options: str, root: str = str(ROOT), **changes: str) -> None:
        self.folder = folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.log = folder.parent / f"{folder.name}.log"
        self.started_at = time.monotonic()
        with self.log.open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(root) / "manage.py"), "up", "--port=0", *options],
                env=environment(folder, **changes),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()

    @property
    def output(self) -> IO[str]:
        """The parent's standard output."""
        assert self.process.stdout is not None
        return self.process.stdout

    def ready(self) -> Self:
        """Read until the Ready line; fail with the log when it does not come."""
        for line in self.output:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("Ready: "):
                self.ready_after = time.monotonic() - self.started_at
                return self
        raise AssertionError(f"`up` ended with {self.process.wait()}:\n{self.log.read_text(encoding='utf-8')}")

    @property
    def address(self) -> str:
        """What the Ready line says, without the trailing slash."""
        return self.lines[-1].removeprefix("Ready: ").rstrip("/")

    def child(self, command: str) -> int:
        """The process id of the child that runs ``manage.py <command>``, or 0."""
        for process_id in self.children():
            words = Path(f"/proc/{process_id}/cmdline").read_bytes().split(b"\0")
            if command.encode() in words:
                return process_id
        return 0

    def children(self) -> list[int]:
        """The ids of the living children."""
        own = self.process.pid
        try:
            found = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="utf-8").split()
        except OSError:
            return []
        return [int(text) for text in found if is_alive(int(text))]

    def kill(self, command: str) -> int:
        """SIGKILL the child that runs ``command``; answers its former id."""
        process_id = self.child(command)
        os.kill(process_id, signal.SIGKILL)
        return process_id

    def comes_back(self, command: str, former: int, seconds: float = 2.0) -> bool:
        """Is there another process for ``command`` within ``seconds``?"""
        return eventually(lambda: self.child(command) not in {0, former}, seconds)
