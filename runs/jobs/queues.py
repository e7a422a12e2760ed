"""The two queues: ``sync`` for everything that is quick, ``media`` for renders, so that these never delay polling.

A message is a job's name and its arguments. It may be lost, or come twice: what is to be done stands in our rows.
"""

from __future__ import annotations

import functools
import logging
import sqlite3
from typing import Any

from django.conf import settings
from django.db import transaction
from huey import SqliteHuey

log = logging.getLogger(__name__)

SYNC, MEDIA = "sync", "media"
LOOK, RENDER = "look", "render"
# While no worker runs, knocking more often is of no use.
MOST_WAITING = 50

# By name, what each message does; the worker fills it, and no other process needs it.
handlers: dict[str, Any] = {}


@functools.cache
def queue(name: str) -> SqliteHuey:
    """The queue's store, made when it is first used."""
    settings.QUEUE_DIR.mkdir(parents=True, exist_ok=True)
    huey = SqliteHuey(
        name, filename=str(settings.QUEUE_DIR / f"{name}.sqlite3"), results=False, fsync=False, cache_mb=1
    )
    huey.task(name=f"{name}_job")(_handle)
    return huey


def enqueue(name: str, job: str, *args: str) -> None:
    """Put one message into a queue."""
    huey = queue(name)
    huey.enqueue(huey._registry.string_to_task(f"{_handle.__module__}.{name}_job")((job, *args)))


def waiting(name: str) -> int:
    """How many messages wait in a queue."""
    return int(queue(name).pending_count())


def wake(name: str = SYNC) -> None:
    """Have the worker look for due work as soon as the present transaction is over, not a moment later."""
    transaction.on_commit(functools.partial(_knock, name), robust=True)


def _knock(name: str) -> None:
    try:
        if waiting(name) < MOST_WAITING:
            enqueue(name, RENDER if name == MEDIA else LOOK)
    except (sqlite3.Error, OSError) as error:
        log.warning("The %s queue could not be knocked at: %s", name, error)


def _handle(job: str, *args: str) -> None:
    handler = handlers.get(job)
    if handler is None:
        log.warning("No job is called %r; the message is dropped.", job)
        return
    handler(*args)
