"""The worker process: two consumers of the queues, and a loop that looks for due rows and shows that it lives."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone
from huey.consumer import Consumer

from runs import gateway
from runs.engine.rendering import leases, render
from runs.jobs import queues
from runs.jobs.ticker import Ticker, make_due
from runs.models import Agent, Connection, Run
from runs.models.claims import SYNC

if TYPE_CHECKING:
    from types import FrameType

    from huey import SqliteHuey

log = logging.getLogger(__name__)

# A tick without news costs one PRAGMA, so it can be frequent.
TICK_SECONDS = 0.25
SYNC_THREADS = 2
MOST_MEDIA_THREADS = 4
# How long an idle thread may sleep before it looks into its queue.
NAP_SECONDS = 0.2
# After trouble of our own (a locked database, a full disk) the loop rests so long, doubling up to the second value.
REST_SECONDS, LONGEST_REST_SECONDS = 1.0, 30.0
HEALTH_SECONDS = 10.0
LONGEST_WAIT_SECONDS = 3600.0
# Two seconds are allowed; the rest is for the interpreter to end.
STOP_SECONDS = 1.2


def run_worker() -> None:
    """Work until SIGTERM or SIGINT. Some thread may still wait for a remote then: the process is to be cut short."""
    slots = min(MOST_MEDIA_THREADS, os.cpu_count() or 1)
    bell = _Bell()
    ticker = Ticker(slots, bell.ring)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, bell.end)
    gateway.ensure_connections()
    forget_claims()
    # Nothing is ever due so late: the clock was ahead when that was written.
    make_due(LONGEST_WAIT_SECONDS)
    leases.forget()
    consumers = [_Consumer(queues.queue(queues.SYNC), workers=SYNC_THREADS)]
    if settings.MOSAIC_ENGINE:
        consumers.append(_Consumer(queues.queue(queues.MEDIA), workers=slots))
    for consumer in consumers:
        consumer.start()
    _loop(ticker, consumers, bell)
    render.shut_down()
    for consumer in consumers:
        consumer.stop_flag.set()
    deadline = time.monotonic() + STOP_SECONDS
    for consumer in consumers:
        consumer.wait_until(deadline)


def forget_claims() -> None:
    """Free what a killed worker was reading. Were it still alive, its answers would merely be dropped."""
    for rows in (Connection.objects, Agent.objects, Run.objects):
        rows.filter(claimed_for=SYNC).update(
            claim_token=None, claimed_until=None, claimed_for="", due_at=timezone.now()
        )


def _loop(ticker: Ticker, consumers: list[_Consumer], bell: _Bell) -> None:
    beat = settings.DATA_DIR / "worker.beat"
    rest = REST_SECONDS
    healthy_until = time.monotonic() + HEALTH_SECONDS
    while not bell.is_ending:
        try:
            close_old_connections()
            ticker.tick()
            if time.monotonic() > healthy_until:
                healthy_until = time.monotonic() + HEALTH_SECONDS
                for consumer in consumers:
                    consumer.check_worker_health()
            # Touched by the loop alone, and only when it went well: its age tells whether work is being found.
            beat.touch()
        except Exception:
            log.exception("The worker could not look for due work; it tries again in %g seconds.", rest)
            bell.rest(rest)
            rest = min(LONGEST_REST_SECONDS, rest * 2)
        else:
            rest = REST_SECONDS
            bell.wait(TICK_SECONDS)


class _Bell:
    """Wakes the loop. A pipe, since a signal handler may write to one while the thread it interrupts reads it."""

    def __init__(self) -> None:
        self.is_ending = False
        self._hears, self._rings = os.pipe()
        for side in (self._hears, self._rings):
            os.set_blocking(side, False)

    def end(self, _number: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        self.is_ending = True
        self.ring()

    def ring(self) -> None:
        """Wake the loop; from any thread."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._rings, b".")

    def wait(self, seconds: float) -> None:
        """Sleep until somebody rings, or for ``seconds``."""
        if select.select([self._hears], [], [], seconds)[0]:
            os.read(self._hears, 4096)

    def rest(self, seconds: float) -> None:
        """Sleep for ``seconds`` whoever rings, but not past the wish to end."""
        until = time.monotonic() + seconds
        while not self.is_ending and time.monotonic() < until:
            self.wait(max(0.0, until - time.monotonic()))


class _Consumer(Consumer):  # type: ignore[misc]  # huey has no types
    """Threads that take messages; signals and the loop around them are ours."""

    def __init__(self, huey: SqliteHuey, workers: int) -> None:
        super().__init__(
            huey,
            workers=workers,
            periodic=False,
            initial_delay=NAP_SECONDS,
            max_delay=NAP_SECONDS,
            backoff=1,
            scheduler_interval=60,
        )

    def _set_signal_handlers(self) -> None:
        """Leave the process's signals alone."""

    def wait_until(self, deadline: float) -> None:
        """Wait for the threads to end, until ``deadline`` (monotonic)."""
        for _, thread in self.worker_threads:
            thread.join(max(0.0, deadline - time.monotonic()))
