"""When to look again: quick while something happens and somebody watches, slow otherwise, slower after trouble.

All times are seconds.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from runs import statuses
from runs.client import MosaicUnavailable
from runs.models.run import WATCHED_SECONDS

if TYPE_CHECKING:
    from runs.client import MosaicError
    from runs.models import Run

WATCHED_FROM, WATCHED_TO = 1.0, 15.0
UNWATCHED_FROM, UNWATCHED_TO = 5.0, 60.0
UNKNOWN_FROM = 30.0
# A run that was just started counts as watched: whoever started it is on the way to its page.
FRESH_SECONDS = 15
# The interval is this share of the time since the last news.
WATCHED_SHARE, UNWATCHED_SHARE = 1 / 8, 1 / 4
FIRST_RETRY, LAST_RETRY = 2.0, 120.0
# However long the remote asks to be left alone, we look again within a quarter of an hour.
LONGEST_PAUSE = 900.0


def next_poll(run: Run, status: str, changed_at: datetime, now: datetime) -> datetime:
    """When to ask about a run again that has ``status`` and had its last news at ``changed_at``."""
    quiet = max(0.0, (now - changed_at).total_seconds())
    if is_watched(run, now):
        seconds = min(WATCHED_TO, max(WATCHED_FROM, quiet * WATCHED_SHARE))
    else:
        seconds = min(UNWATCHED_TO, max(UNWATCHED_FROM, quiet * UNWATCHED_SHARE))
    if status not in statuses.RUN_STATUSES:
        seconds = max(UNKNOWN_FROM, seconds)
    return now + timedelta(seconds=seconds if seconds == WATCHED_FROM else jitter(seconds))


def is_watched(run: Run, now: datetime) -> bool:
    """Somebody looked a moment ago, or the run is brand new."""
    marks = ((run.watched_at, WATCHED_SECONDS), (run.created_at, FRESH_SECONDS))
    return any(at is not None and now - at < timedelta(seconds=seconds) for at, seconds in marks)


def after_trouble(failures: int, error: MosaicError, now: datetime) -> datetime:
    """When to try again after so many failures in a row: exponentially later, and not before the remote wants."""
    seconds = jitter(min(LAST_RETRY, FIRST_RETRY * 2.0 ** min(failures - 1, 10)))
    return now + timedelta(seconds=max(seconds, asked_pause(error)))


def asked_pause(error: MosaicError) -> float:
    """The pause the remote asked for with ``Retry-After``, within bounds; 0 when it asked for none."""
    if isinstance(error, MosaicUnavailable) and error.retry_after:
        return min(error.retry_after, LONGEST_PAUSE)
    return 0.0


def jitter(seconds: float) -> float:
    """Up to a tenth more or less, so that many rows do not march in step."""
    return seconds * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
