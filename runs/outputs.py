"""Where the videos and pictures of a run are now: on our own disk, or at an address that is signed and expires.

Pages only ever name our own stable addresses; the views behind them ask here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils import timezone

from runs.models import Connection, Output, Run, RunInput

if TYPE_CHECKING:
    from runs.client import MosaicClient

# An address read longer ago than this is read again before somebody is sent there.
FRESH_SECONDS = 3600
# Several people may meet the same old address at once: one reading serves them all.
JUST_NOW_SECONDS = 10
ADDRESS_OF = {"video": "video_url", "thumbnail": "thumbnail_url", "premiere": "premiere_url"}

FindLocal = Callable[[Connection, str], Path | None]


@dataclass(frozen=True, slots=True)
class Local:
    """A file of our own engine, to be read from disk."""

    path: Path


@dataclass(frozen=True, slots=True)
class Remote:
    """A signed address; ``fresh`` when it was read within the last hour."""

    url: str
    fresh: bool


def where_is(item: Output | RunInput, part: str, find_local: FindLocal) -> Local | Remote | None:
    """Where ``video``, ``thumbnail`` or ``premiere`` of an output or input is; None when there is none.

    ``find_local`` is :func:`runs.gateway.local_media`. ``item.run.connection`` is read.
    """
    url = str(getattr(item, ADDRESS_OF[part], ""))
    if not url:
        return None
    path = find_local(item.run.connection, url)
    if path is not None:
        return Local(path)
    return Remote(url, fresh=timezone.now() - item.refreshed_at < timedelta(seconds=FRESH_SECONDS))


def refresh_urls(run: Run, client: MosaicClient) -> None:
    """Read the run's signed addresses anew; not a change that a page would show, so the version stays.

    Raises MosaicError. What was read within the last seconds is not read again.
    """
    now = timezone.now()
    outputs = {row.remote_id: row for row in Output.objects.filter(run=run)}
    inputs = {row.position: row for row in RunInput.objects.filter(run=run)}
    rows: list[Output | RunInput] = [*outputs.values(), *inputs.values()]
    if run.remote_id is None or all(now - row.refreshed_at < timedelta(seconds=JUST_NOW_SECONDS) for row in rows):
        return
    detail = client.run(run.remote_id)
    for found in detail.outputs or ():
        row = outputs.get(found.id)
        if row is None:
            continue
        row.video_url = found.video_url or row.video_url
        row.thumbnail_url = found.thumbnail_url or row.thumbnail_url
        row.premiere_url = found.premiere_url or row.premiere_url
        row.refreshed_at = now
        row.save(update_fields=["video_url", "thumbnail_url", "premiere_url", "refreshed_at"])
    for position, source in enumerate(detail.inputs or ()):
        known = inputs.get(position)
        if known is None:
            continue
        known.video_url = source.video_url or known.video_url
        known.thumbnail_url = source.thumbnail_url or known.thumbnail_url
        known.refreshed_at = now
        known.save(update_fields=["video_url", "thumbnail_url", "refreshed_at"])
