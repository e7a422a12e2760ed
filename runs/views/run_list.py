"""The run list as a read model: filters to one query, and pages by position instead of by number.

A cursor names a row (its time and id) and a direction. No rows are counted and none are skipped, so the thousandth
page costs what the first one does.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

from runs.forms.filters import ACTIVE, ATTENTION
from runs.models import Agent

if TYPE_CHECKING:
    from runs.models import Run
    from runs.models.run import RunQuerySet

PAGE_SIZE = 50
OLDER, NEWER = "older", "newer"
NEWEST_FIRST = ("-created_at", "-id")
OLDEST_FIRST = ("created_at", "id")
_CURSOR = re.compile(rf"({OLDER}|{NEWER})-(\d{{1,17}})-([0-9a-f]{{32}})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What a row shows; bodies and errors can be large and are left in the database.
SHOWN = (
    "status",
    "status_message",
    "needs_credits",
    "nodes_completed",
    "nodes_in_progress",
    "nodes_failed",
    "created_at",
    "started_at",
    "finished_at",
    "agent__name",
    "connection__name",
    "started_by__username",
)


class BadCursor(ValueError):
    """The cursor was not made by us."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the list: everything older (or newer) than one row."""

    direction: str
    created_at: datetime
    run_id: uuid.UUID

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """From :meth:`__str__`; raises :class:`BadCursor`."""
        match = _CURSOR.fullmatch(text)
        if not match:
            raise BadCursor(text)
        # Seventeen digits end in the year 5138, so the sum cannot overflow.
        return cls(match[1], _EPOCH + timedelta(microseconds=int(match[2])), uuid.UUID(match[3]))

    @classmethod
    def beside(cls, run: Run, direction: str) -> Cursor:
        """The place just older or newer than ``run``."""
        return cls(direction, run.created_at, run.pk)

    def __str__(self) -> str:
        micros = (self.created_at - _EPOCH) // timedelta(microseconds=1)
        return f"{self.direction}-{micros}-{self.run_id.hex}"

    def cut(self, runs: RunQuerySet) -> RunQuerySet:
        """The rows beyond this place, nearest first. The outer bound is what the index is searched by."""
        if self.direction == OLDER:
            beyond = Q(created_at__lt=self.created_at) | Q(id__lt=self.run_id)
            return runs.filter(beyond, created_at__lte=self.created_at).order_by(*NEWEST_FIRST)
        beyond = Q(created_at__gt=self.created_at) | Q(id__gt=self.run_id)
        return runs.filter(beyond, created_at__gte=self.created_at).order_by(*OLDEST_FIRST)


@dataclass(frozen=True, slots=True)
class Page:
    """One page, newest first, and the cursors to its neighbours (empty where there is none)."""

    runs: list[Run]
    newer: str
    older: str


def page_of(runs: RunQuerySet, cursor: Cursor | None, size: int = PAGE_SIZE) -> Page:
    """The page at ``cursor``; a page of newer rows that is not full is the first page instead."""
    runs = runs.select_related("agent", "connection", "started_by").only(*SHOWN)
    if cursor is not None and cursor.direction == NEWER:
        rows = list(cursor.cut(runs)[: size + 1])
        if len(rows) > size:
            shown = rows[:size][::-1]
            return Page(shown, str(Cursor.beside(shown[0], NEWER)), str(Cursor.beside(shown[-1], OLDER)))
        cursor = None
    rows = list((cursor.cut(runs) if cursor else runs.order_by(*NEWEST_FIRST))[: size + 1])
    shown = rows[:size]
    newer = str(Cursor.beside(shown[0], NEWER)) if cursor and shown else ""
    older = str(Cursor.beside(shown[-1], OLDER)) if len(rows) > size else ""
    return Page(shown, newer, older)


def filtered(runs: RunQuerySet, wanted: dict[str, Any]) -> RunQuerySet:
    """``runs`` narrowed by the cleaned values of the filter form; what is missing does not narrow."""
    status, agent, text = wanted.get("status"), wanted.get("agent"), wanted.get("q")
    if status == ACTIVE:
        runs = runs.active()
    elif status == ATTENTION:
        runs = runs.needing_attention()
    elif status:
        runs = runs.filter(status=status)
    if agent:
        runs = runs.filter(agent=agent)
    if wanted.get("from"):
        runs = runs.filter(created_at__gte=_midnight(wanted["from"]))
    if wanted.get("to"):
        runs = runs.filter(created_at__lt=_midnight(wanted["to"] + timedelta(days=1)))
    return runs.filter(_search(text)) if text else runs


def _search(text: str) -> Q:
    """By agent name, by what the remote said, and by a whole id, ours or theirs."""
    # The few agents that fit are looked up first, so that the join does not have to be searched row by row.
    agents = Agent.objects.filter(name__icontains=text).values_list("pk", flat=True)
    found = Q(status_message__icontains=text) | Q(agent__in=list(agents))
    try:
        run_id = uuid.UUID(text)
    except ValueError:
        return found
    return found | Q(pk=run_id) | Q(remote_id=text)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
