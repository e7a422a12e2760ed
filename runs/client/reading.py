"""Reading JSON that may be older, newer or less complete than the documentation: never an exception, always a type.

A field that is missing or has another type reads as empty; what is unknown stays as it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]
# What a column for a count can hold.
LARGEST = 2**31 - 1
# An amount of this size is no amount.
BEYOND = 10**300
# Years that can be turned into moments of any time zone.
YEARS = range(1970, 9999)


def text(data: Json, *names: str) -> str:
    """The first of ``names`` that holds a string (numbers are written out), else ''."""
    for name in names:
        value = data.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def optional_text(data: Json, *names: str) -> str | None:
    """As :func:`text`, with None for nothing."""
    return text(data, *names) or None


def flag(data: Json, *names: str) -> bool:
    """True only when one of ``names`` is true."""
    return any(data.get(name) is True for name in names)


def count(data: Json, name: str) -> int:
    """A whole number of at least zero; 0 when it is missing."""
    value = number(data, name)
    if value is None:
        return 0
    return min(max(0, int(value)), LARGEST)


def number(data: Json, name: str) -> float | None:
    """A number, or None."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Compared and not converted: a whole number of Python may be larger than any float.
    return value if abs(value) < BEYOND else None


def moment(data: Json, *names: str) -> datetime | None:
    """An ISO 8601 time, aware (UTC where no zone is given), or None."""
    value = text(data, *names)
    if not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    if parsed.year not in YEARS:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def mapping(data: Json, *names: str) -> Json:
    """The first of ``names`` that holds an object, else an empty one."""
    for name in names:
        value = data.get(name)
        if isinstance(value, Mapping):
            return value
    return {}


def objects(data: Json, *names: str) -> Iterator[Json]:
    """The objects in the first of ``names`` that holds a list; other items are passed over."""
    for name in names:
        value = data.get(name)
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, Mapping))
            return


def texts(data: Json, name: str) -> tuple[str, ...]:
    """A list of messages; a single string counts as a list of one."""
    value = data.get(name)
    if isinstance(value, str):
        return (value,) if value else ()
    if not isinstance(value, list):
        return ()
    return tuple(item if isinstance(item, str) else str(item) for item in value if item is not None)
