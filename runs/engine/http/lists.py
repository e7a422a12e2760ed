"""Lists page by page: ``limit`` and an opaque ``cursor``, newest first."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_date, parse_datetime

from runs.engine.http.parameters import is_uuid
from runs.engine.http.refusals import invalid, out_of_range
from runs.engine.models import EngineRun

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_LIMIT, MAX_LIMIT = 25, 100
RUN_STATUSES = ("running", "completed", "partial_complete", "failed", "cancelled")
Row = TypeVar("Row", bound=Model)


def page(rows: QuerySet[Row], query: Mapping[str, str]) -> tuple[list[Row], str | None]:
    """One page of rows that have ``created_at`` and ``id``, and the cursor of the next page or None."""
    limit = _limit(query.get("limit", ""))
    if query.get("cursor"):
        created_at, row_id = _opened(query["cursor"])
        rows = rows.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=row_id))
    found = list(rows.order_by("-created_at", "-pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    return found[:limit], _sealed(found[limit - 1])


def filtered_runs(query: Mapping[str, str]) -> QuerySet[EngineRun]:
    """Runs by ``status`` (comma separated), ``from`` and ``to`` (inclusive, by start) and ``agent_id``."""
    runs = EngineRun.objects.all()
    if query.get("status"):
        wanted = [status.strip() for status in query["status"].split(",") if status.strip()]
        unknown = [status for status in wanted if status not in RUN_STATUSES]
        if unknown:
            raise invalid(f"status: {unknown[0]!r} is not a run status. Known: {', '.join(RUN_STATUSES)}.")
        runs = runs.filter(status__in=wanted)
    if query.get("from"):
        runs = runs.filter(created_at__gte=_moment("from", query["from"], time.min))
    if query.get("to"):
        runs = runs.filter(created_at__lte=_moment("to", query["to"], time.max))
    if query.get("agent_id"):
        if not is_uuid(query["agent_id"]):
            raise invalid("agent_id: must be an id (UUID).")
        runs = runs.filter(agent_id=UUID(query["agent_id"]))
    return runs


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    try:
        number = int(text)
    except ValueError as error:
        raise invalid("limit: must be a whole number.") from error
    if not 1 <= number <= MAX_LIMIT:
        raise out_of_range(f"limit: must be between 1 and {MAX_LIMIT}, not {number}.")
    return number


def _moment(name: str, text: str, time_of_day: time) -> datetime:
    """An ISO timestamp, or a date that stands for its first or last moment; without an offset it is UTC."""
    try:
        moment = parse_datetime(text) if len(text) > len("2026-01-01") else None
        day = parse_date(text) if moment is None else None
    except ValueError:
        moment = day = None
    if day is not None:
        moment = datetime.combine(day, time_of_day)
    if moment is None:
        raise invalid(f"{name}: must be an ISO 8601 timestamp.")
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise invalid(f"{name}: lies outside the calendar.") from error


def _sealed(row: Any) -> str:  # noqa: ANN401 - any model with these two fields
    return base64.urlsafe_b64encode(f"{row.created_at.isoformat()}|{row.pk}".encode()).decode().rstrip("=")


def _opened(cursor: str) -> tuple[datetime, UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, _, row_id = text.partition("|")
        created_at = datetime.fromisoformat(moment)
        if created_at.tzinfo is None:
            raise ValueError("naive")
        return created_at.astimezone(UTC), UUID(row_id)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise invalid("cursor: is not one that this API gave out.") from error
