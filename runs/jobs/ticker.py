"""Several times a second: find what is due and put it into the queues, each row once however long it waits there."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from runs.engine.rendering import leases
from runs.jobs import queues, work
from runs.models import Agent, AgentVersion, Connection, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

log = logging.getLogger(__name__)

AT_ONCE = 50
# A message that has not been worked on for so long is taken for lost.
LOST_SECONDS = 60.0
# A layout that failed is tried again after this; other rows carry their own next time.
LAYOUT_AGAIN_SECONDS = 300.0
# The clock going back by more than this is no mere adjustment: what was due soon would be due much later.
CLOCK_SECONDS = 2.0
# So often at least everything is looked at: a render whose worker died becomes ready by the clock alone.
LOOK_SECONDS = 2.0


class Ticker:
    """Offers due rows to the queues, and remembers which have been offered and not worked on yet."""

    def __init__(self, media_slots: int, ring: Callable[[], None]) -> None:
        """``ring`` is called, from any thread, when somebody asked for a look at once."""
        self._media_slots = media_slots
        # What waits in the queue or is being worked on, and when it is taken for lost.
        self._offered: dict[str, float] = {}
        # Of each remote in trouble, the one piece of work that may wait for it.
        self._lanes: dict[str, str] = {}
        self._next_sweep = 0.0
        self._look_again = 0.0
        self._seen: object = None
        self._clock = _clock()
        for job in (work.poll_run, work.read_agent, work.read_connection, work.sweep_renders, work.render_ready):
            queues.handlers[job.__name__] = work.guarded(job, self._done)
        queues.handlers[work.lay_out.__name__] = work.guarded(work.lay_out, self._laid_out)
        queues.handlers[queues.RENDER] = queues.handlers[work.render_ready.__name__]
        queues.handlers[queues.LOOK] = ring

    def tick(self) -> None:
        """One look at everything that may be due; next to nothing while nothing can have become due."""
        if settings.MOSAIC_ENGINE and time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + settings.MOSAIC_SWEEP_SECONDS
            self._offer(work.sweep_renders, "")
        if self._clock - _clock() > CLOCK_SECONDS:
            log.warning("The clock went back; everything is looked at again.")
            make_due(0)
        self._clock = _clock()
        seen = _state_of_database()
        if seen is not None and seen == self._seen and time.monotonic() < self._look_again:
            return
        self._look()
        self._seen = seen
        self._look_again = time.monotonic() + min(LOOK_SECONDS, _seconds_to_next_due())

    def _look(self) -> None:
        for pk in Connection.objects.enabled().due().values_list("pk", flat=True)[:AT_ONCE]:
            self._offer(work.read_connection, str(pk))
        usable = {"connection__is_enabled": True, "connection__key_checked": True}
        self._offer_remote(work.poll_run, Run.objects.due().filter(**usable))
        self._offer_remote(work.read_agent, Agent.objects.due().filter(**usable))
        missing = AgentVersion.objects.without_layout().order_by().values_list("graph_hash", flat=True)
        for graph_hash in missing.distinct()[:AT_ONCE]:
            self._offer(work.lay_out, graph_hash)
        if settings.MOSAIC_ENGINE:
            self._offer_renders()

    def _offer_remote(self, job: Callable[[str], None], rows: QuerySet[Any]) -> None:
        """Of a remote in trouble one row at a time, so that waiting for it does not keep the others waiting."""
        for pk, connection_id, failures in rows.values_list("pk", "connection_id", "connection__failures")[:AT_ONCE]:
            if not failures:
                self._offer(job, str(pk))
            elif not self._is_offered(self._lanes.get(str(connection_id), "")):
                self._lanes[str(connection_id)] = f"{job.__name__} {pk}"
                self._offer(job, str(pk))

    def _offer_renders(self) -> None:
        """As many messages as nodes are ready, and no more than threads can take."""
        wanted = leases.ready()[: self._media_slots].count()
        for _ in range(min(wanted, self._media_slots - queues.waiting(queues.MEDIA))):
            queues.enqueue(queues.MEDIA, queues.RENDER)

    def _offer(self, job: Callable[..., None], key: str) -> None:
        name = f"{job.__name__} {key}"
        if not self._is_offered(name):
            self._offered[name] = time.monotonic() + LOST_SECONDS
            queues.enqueue(queues.SYNC, job.__name__, *([key] if key else []))

    def _is_offered(self, name: str) -> bool:
        return self._offered.get(name, 0.0) > time.monotonic()

    def _done(self, name: str) -> None:
        """Worked on: the row may be offered again when it is due again."""
        self._offered.pop(name, None)

    def _laid_out(self, name: str) -> None:
        """A picture that could not be laid out has no due time of its own: it is left alone for a while."""
        self._offered[name] = time.monotonic() + LAYOUT_AGAIN_SECONDS


def make_due(ahead_seconds: float) -> None:
    """Have everything looked at now that is due later than in ``ahead_seconds``."""
    now = timezone.now()
    for rows in (Connection.objects, Agent.objects, Run.objects):
        rows.filter(due_at__gt=now + timedelta(seconds=ahead_seconds)).update(due_at=now)


def _clock() -> float:
    """Differs from what it was only by how the clock was set, in seconds."""
    return time.time() - time.monotonic()


def _state_of_database() -> object:
    """A value that differs as soon as another connection has written; None where there is no cheap one."""
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return cursor.fetchone()


def _seconds_to_next_due() -> float:
    """Until the first row that is not due yet becomes so."""
    now = timezone.now()
    later = [
        rows.filter(due_at__gt=now).order_by().values_list("due_at", flat=True)
        for rows in (Connection.objects, Agent.objects, Run.objects)
    ]
    first = later[0].union(*later[1:]).order_by("due_at").first()
    return (first - now).total_seconds() if first else LOOK_SECONDS
