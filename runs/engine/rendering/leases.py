"""Who works on a node, and until when: a token in the node's row, kept alive by a thread beside the work."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import F, Q
from django.utils import timezone

from runs.engine.models import RuntimeNode

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

# How often the lease is looked at. A cancelled FFmpeg is gone within this and a tenth of a second.
BEAT_SECONDS = 0.4

_shutting_down = threading.Event()


def ready() -> QuerySet[RuntimeNode]:
    """Nodes to work on: queued ones, and running ones whose worker has not been heard of for a whole lease.

    A lease that ends later than any lease may was given before the clock was set back: it has run out, too.
    """
    now = timezone.now()
    latest = now + timedelta(seconds=2 * settings.MOSAIC_LEASE_SECONDS)
    has_run_out = Q(lease_until__lt=now) | Q(lease_until__gt=latest)
    return RuntimeNode.objects.filter(Q(status="queued") | Q(status="running") & has_run_out, run__status="running")


def take() -> tuple[RuntimeNode, bool] | None:
    """The longest-ready node, leased to us, and whether its last worker vanished; None when none is ready."""
    now = timezone.now()
    for node in ready().order_by("queued_at", "position", "branch")[:20]:
        # As it was when we read it: of two workers that read the same row, one changes it and the other does not.
        taken = RuntimeNode.objects.filter(
            pk=node.pk, status=node.status, lease_token=node.lease_token, attempts=node.attempts
        ).update(
            status="running",
            status_message="",
            lease_token=uuid.uuid4(),
            lease_until=now + timedelta(seconds=settings.MOSAIC_LEASE_SECONDS),
            attempts=F("attempts") + 1,
            started_at=now,
        )
        if taken:
            vanished = node.status == "running"
            node.refresh_from_db()
            return node, vanished
    return None


def token_of(node: RuntimeNode) -> UUID:
    """The token under which we hold the node."""
    if node.lease_token is None:
        raise ValueError("this node is not leased")
    return node.lease_token


def give_back(node: RuntimeNode) -> None:
    """Queue the node again, if it is still ours; an attempt that we end ourselves does not count."""
    RuntimeNode.objects.filter(pk=node.pk, status="running", lease_token=node.lease_token).update(
        status="queued", lease_token=None, lease_until=None, attempts=F("attempts") - 1
    )


def forget() -> int:
    """End every lease now, as the only worker does when it starts: what it finds leased, a killed one was doing.

    Were another still at it, it would notice, and what it makes would not count.
    """
    return RuntimeNode.objects.filter(status="running").update(lease_until=timezone.now() - timedelta(seconds=1))


def is_live(node: RuntimeNode) -> bool:
    """Whether somebody works on the node now, as far as anyone can know."""
    return node.lease_until is not None and node.lease_until >= timezone.now()


def shut_down() -> None:
    """The process is ending: nothing more is taken, and whoever holds a lease learns within moments that it is over."""
    _shutting_down.set()


def is_shutting_down() -> bool:
    """Whether :func:`shut_down` was called."""
    return _shutting_down.is_set()


class Heartbeat:
    """Keeps a lease alive for the length of a ``with``, and notices when it is gone: cancelled, or somebody else's."""

    def __init__(self, node: RuntimeNode) -> None:
        self._row = RuntimeNode.objects.filter(pk=node.pk, status="running", lease_token=token_of(node))
        self._lease_seconds = float(settings.MOSAIC_LEASE_SECONDS)
        self._extended = time.monotonic()
        self._lost = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"lease-{node.pk}", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def is_lost(self) -> bool:
        """Whether what is being made is not wanted any more, or not from us."""
        return self._lost.is_set() or _shutting_down.is_set()

    def _watch(self) -> None:
        try:
            while not self._done.wait(BEAT_SECONDS):
                if not self._is_held():
                    return
        finally:
            # Whatever ends the watch: work that nobody watches over could not be cancelled any more.
            if not self._done.is_set():
                self._lost.set()
            connection.close()

    def _is_held(self) -> bool:
        now = time.monotonic()
        try:
            if now - self._extended < self._lease_seconds / 4:
                return self._row.exists()
            held = bool(self._row.update(lease_until=timezone.now() + timedelta(seconds=self._lease_seconds)))
        except DatabaseError:
            # Busy for a moment: the lease is ours until it runs out.
            logger.warning("the lease could not be looked at", exc_info=True)
            return now - self._extended < self._lease_seconds
        self._extended = now
        return held
