"""Standard library only: starts children, starts them again when they die, and ends them all.

It sleeps until a signal, a line from a child or a restart that has come due wakes it, so that it costs nothing.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from mosaic_dashboard import lifeline

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Seconds. A child that was killed is back at once; one that keeps failing by itself is started ever more slowly.
FIRST_DELAY = 0.1
KILLED_DELAY = 1.0
LONGEST_DELAY = 30.0
STEADY = 20.0
# Seconds a child has to end by itself; the whole stop takes less than three.
GRACE = 2.2


@dataclass
class Child:
    """A process that shall run: the command, the descriptors it inherits, and what its environment has besides."""

    name: str
    command: list[str]
    descriptors: tuple[int, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    delay: float = field(default=FIRST_DELAY)


class Supervisor:
    """One parent's children. Use as a context manager: leaving it ends every child."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.children: list[Child] = []
        self.stopping = False
        self._old_wake = -1
        self._old_handlers: dict[signal.Signals, Any] = {}
        self._lifeline_end, self._lifeline = os.pipe()
        self._wake_end, self._wake = os.pipe()
        os.set_blocking(self._wake_end, False)
        os.set_blocking(self._wake, False)
        self._environment = {**environment, lifeline.VARIABLE: str(self._lifeline_end)}

    def __enter__(self) -> Supervisor:
        self._old_wake = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            # Under `nohup` a hang-up is ignored on purpose.
            if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN):
                self._old_handlers[number] = signal.signal(number, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_wake)
        for end in (self._lifeline, self._lifeline_end, self._wake, self._wake_end):
            os.close(end)

    def start(self, child: Child) -> None:
        """Start ``child`` now and keep it running."""
        self.children.append(child)
        self._spawn(child)

    def wait(self, timeout: float | None = None, descriptor: int | None = None) -> list[tuple[Child, int]]:
        """Sleep until something happens; start again what is due.

        Answers the children that ended meanwhile with their return codes (negative: the signal).
        ``timeout`` is in seconds; ``descriptor`` wakes the sleeper when it can be read.
        """
        now = time.monotonic()
        due = [child.start_at - now for child in self.children if child.process is None]
        waits = [max(0.0, seconds) for seconds in (*due, *([] if timeout is None else [timeout]))]
        watched = [self._wake_end, *([] if descriptor is None else [descriptor])]
        select.select(watched, [], [], min(waits, default=None))
        with suppress(BlockingIOError):
            if any(number in STOP_SIGNALS for number in os.read(self._wake_end, 512)):
                self.stopping = True
        ended = self._reap()
        for child in self.children:
            if child.process is None and child.start_at <= time.monotonic() and not self.stopping:
                self._spawn(child)
        return ended

    def stop(self) -> None:
        """Ask every child to end, insist after :data:`GRACE` seconds, and leave nothing of their groups."""
        self.stopping = True
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            with suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + GRACE
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            _kill_group(process.pid)
            process.wait()
        self.children.clear()

    def _spawn(self, child: Child) -> None:
        child.started_at = time.monotonic()
        try:
            child.process = subprocess.Popen(
                child.command,
                env={**self._environment, **child.environment},
                stdin=subprocess.DEVNULL,
                stdout=2,  # the parent's standard output is for its few lines alone
                pass_fds=(*child.descriptors, self._lifeline_end),
                process_group=0,  # Ctrl-C reaches the parent alone, which ends the children in order
            )
        except OSError:
            # The system has no room for another process, or no memory, just now.
            self._plan_restart(child, 1)

    def _reap(self) -> list[tuple[Child, int]]:
        ended = []
        for child in self.children:
            code = child.process.poll() if child.process else None
            if child.process is None or code is None:
                continue
            _kill_group(child.process.pid)
            child.process = None
            self._plan_restart(child, code)
            ended.append((child, code))
        return ended

    def _plan_restart(self, child: Child, code: int) -> None:
        now = time.monotonic()
        if now - child.started_at > STEADY:
            child.delay = FIRST_DELAY
        # Killed from outside, it has done nothing wrong; failing by itself, it would only fail again.
        longest = KILLED_DELAY if code == -signal.SIGKILL else LONGEST_DELAY
        child.delay = min(child.delay, longest)
        child.start_at = now + child.delay
        child.delay = min(child.delay * 2, longest)


def _kill_group(group: int) -> None:
    # What the child left behind in its own process group; usually nothing.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
