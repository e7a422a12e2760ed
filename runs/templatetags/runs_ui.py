"""What templates need to draw: icons, status badges, times, spans and sizes.

Times are drawn as ``<time>`` elements with the exact moment in ``datetime`` and ``title``; relative ones carry
``data-ago``, so that a small script can keep them true while a page stays open.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from runs import statuses

if TYPE_CHECKING:
    from runs.statuses import Status

register = template.Library()

NOTHING = "–"
NO_MOMENT = SafeString(NOTHING)
# A glyph for whatever a table names that the icon set does not have: a missing picture must never cost a page.
FALLBACK_ICON = "circle-question-mark"
_STEPS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


@lru_cache(maxsize=512)
def _drawn(name: str, size: int, label: str) -> SafeString:
    meaning = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    try:
        return mark_safe(lucide(name, size=size, **{"class": "icon"}, **meaning))  # noqa: S308 - our own icon set
    except IconDoesNotExist:
        return mark_safe(lucide(FALLBACK_ICON, size=size, **{"class": "icon"}, **meaning))  # noqa: S308


@register.simple_tag
def icon(name: str, size: int = 16, label: str = "") -> SafeString:
    """A Lucide icon of ``size`` pixels; decoration unless ``label`` gives it a meaning of its own."""
    return _drawn(str(name), int(size), str(label))


@register.simple_tag
def status_badge(status: Status, label: str = "") -> SafeString:
    """A status as icon, word and colour; ``label`` replaces the word."""
    return format_html(
        '<span class="badge" data-tone="{}" data-icon="{}">{}<span class="badge__word">{}</span></span>',
        status.tone,
        status.icon,
        _drawn(status.icon, 14, ""),
        label or status.label,
    )


@register.filter
def as_run_status(value: str) -> Status:
    """The table's entry for the status of a run."""
    return statuses.run_status(str(value))


@register.filter
def as_node_status(value: str) -> Status:
    """The table's entry for the status of a node."""
    return statuses.node_status(str(value))


@register.filter
def ago(moment: datetime | None) -> SafeString:
    """How long ago, in the largest whole unit; the exact moment is in the title."""
    if moment is None:
        return NO_MOMENT
    return _time(moment, span_ago((timezone.now() - moment).total_seconds()), relative=True)


@register.filter
def clock(moment: datetime | None) -> SafeString:
    """Time of day with seconds."""
    if moment is None:
        return NO_MOMENT
    return _time(moment, f"{timezone.localtime(moment):%H:%M:%S}")


@register.filter
def moment(value: datetime | None) -> SafeString:
    """Day and time; the year only when it is not this one."""
    if value is None:
        return NO_MOMENT
    local = timezone.localtime(value)
    year = "" if local.year == timezone.localtime().year else f" {local.year}"
    return _time(value, f"{local.day} {local:%b}{year}, {local:%H:%M}")


def _time(moment: datetime, text: str, *, relative: bool = False) -> SafeString:
    local = timezone.localtime(moment)
    exact = f"{local.day} {local:%B %Y, %H:%M:%S %Z}"
    machine = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    mark = mark_safe(" data-ago") if relative else ""
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', machine, exact, mark, text)


def span_ago(seconds: float) -> str:
    """``5 min ago``; moments of the last ten seconds, and of a clock that runs ahead, are ``just now``."""
    if seconds < 10:
        return "just now"
    for unit, length in _STEPS:
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return "just now"


@register.filter
def duration(span: timedelta | float | None) -> str:
    """A span (``timedelta`` or seconds) in its two largest units: ``4 min 12 s``."""
    if span is None:
        return NOTHING
    seconds = max(0, round(span.total_seconds() if isinstance(span, timedelta) else float(span)))
    if seconds < 1:
        return "under 1 s"
    parts: list[str] = []
    for unit, length in _STEPS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])


@register.filter
def filesize(size: float | None) -> str:
    """Bytes in decimal units, as editing tools show them."""
    if size is None:
        return NOTHING
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


@register.filter
def amount(value: Any) -> str:  # noqa: ANN401 - whatever a remote answered
    """A number of credits with thin separators; fractions only where there are any; other values as they came."""
    if value is None or value == "":
        return NOTHING
    try:
        number = round(float(value), 2)
    except (TypeError, ValueError):
        return str(value)
    text = f"{number:,.2f}".rstrip("0").rstrip(".")
    return text.replace(",", "\u202f")


@register.simple_tag
def query(current: dict[str, str], **changes: object) -> str:
    """``?a=b`` from ``current`` with ``changes``; empty values are left out, ``?`` alone resets everything."""
    merged = {**current, **{name: str(value) for name, value in changes.items() if value is not None}}
    return "?" + urlencode({name: value for name, value in merged.items() if value})


@register.simple_tag
def part_of(count: int, total: int) -> str:
    """``count`` of ``total`` in hundredths, for the width of a bar."""
    return f"{100 * min(count, total) / total:.4g}" if total else "0"


@register.filter
def as_tone(level: str) -> str:
    """The tone of a message by Django's level tag."""
    return {"success": "good", "warning": "warn", "error": "bad"}.get(level.split(" ")[-1], "neutral")


@register.filter
def tone_icon(tone: str) -> str:
    """The icon that goes with a tone where no status gives one."""
    return {
        "good": "circle-check",
        "warn": "triangle-alert",
        "bad": "circle-alert",
        "active": "loader",
    }.get(tone, "info")


@register.simple_tag
def lasted(started: datetime | None, finished: datetime | None, has_ended: bool) -> str:
    """How long something took, or has taken until now; nothing where that is not known."""
    if started is None or (finished is None and has_ended):
        return NOTHING
    return duration((finished or timezone.now()) - started)


@register.filter
def run_tone(value: str) -> str:
    """The tone of a run's status."""
    return statuses.run_status(str(value)).tone


@register.filter
def usd(value: float | None) -> str:
    """A price in US dollars; cents only where there are any."""
    if value is None:
        return NOTHING
    return f"${value:,.0f}" if float(value).is_integer() else f"${value:,.2f}"
