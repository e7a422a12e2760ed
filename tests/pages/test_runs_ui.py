"""What templates draw with: icons, badges, times, spans, sizes, money."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import timezone

from runs import statuses
from runs.templatetags import runs_ui


def _draw(source: str, **values: Any) -> str:
    return Template("{% load runs_ui %}" + source).render(Context(values))


def test_an_icon_is_decoration_unless_it_has_a_name() -> None:
    assert 'aria-hidden="true"' in _draw('{% icon "play" %}')
    named = _draw('{% icon "play" 20 "Start" %}')
    assert 'role="img" aria-label="Start"' in named
    assert 'width="20"' in named
    assert "xmlns" not in named


def test_an_icon_that_does_not_exist_costs_no_page() -> None:
    assert _draw('{% icon "no-such-icon" %}') == _draw('{% icon "circle-question-mark" %}')


@pytest.mark.parametrize("table", [statuses.RUN_STATUSES, statuses.NODE_STATUSES])
def test_every_status_has_an_icon_of_its_own_set_and_one_of_five_tones(table: dict[str, statuses.Status]) -> None:
    unknown = _draw('{% icon "no-such-icon" 14 %}')
    for status in table.values():
        badge = _draw("{% status_badge status %}", status=status)
        assert f'data-tone="{status.tone}"' in badge
        assert status.label in badge
        assert status.tone in {"neutral", "active", "good", "warn", "bad"}
        if status.icon != "circle-question-mark":
            assert unknown not in badge, status.icon


def test_a_badge_escapes_what_the_remote_invents() -> None:
    badge = _draw("{% status_badge status|as_run_status %}", status="<b>x</b>")
    assert "<b>" not in badge
    assert "&lt;" in badge


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-30, "just now"), (9, "just now"), (10, "10 s ago"), (61, "1 min ago"), (7199, "1 h ago"), (200_000, "2 d ago")],
)
def test_ago_is_told_in_the_largest_whole_unit(seconds: float, text: str) -> None:
    assert runs_ui.span_ago(seconds) == text


def test_times_carry_the_exact_moment_for_machines() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    for name in ("ago", "clock", "moment"):
        drawn = getattr(runs_ui, name)(moment)
        assert '<time datetime="2026-01-02T03:04:05Z" title="2 January 2026, 03:04:05 UTC"' in drawn
        assert getattr(runs_ui, name)(None) == "–"
    assert "data-ago" in runs_ui.ago(moment)
    assert ">03:04:05<" in runs_ui.clock(moment)


def test_a_moment_names_its_year_only_when_it_is_another() -> None:
    this = timezone.localtime().replace(month=3, day=4)
    assert str(this.year) not in runs_ui.moment(this).split(">")[1]
    assert ">4 Mar 2019, " in runs_ui.moment(this.replace(year=2019))


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (None, "–"),
        (-5, "under 1 s"),
        (0.2, "under 1 s"),
        (12, "12 s"),
        (252, "4 min 12 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (93_784, "1 d 2 h"),
        (timedelta(minutes=2), "2 min"),
    ],
)
def test_durations_have_two_units_at_most(span: Any, text: str) -> None:
    assert runs_ui.duration(span) == text


def test_lasting_counts_on_while_a_thing_goes_on() -> None:
    start = timezone.now() - timedelta(seconds=90)
    assert runs_ui.lasted(start, None, False) == "1 min 30 s"
    assert runs_ui.lasted(start, start + timedelta(seconds=5), True) == "5 s"
    assert runs_ui.lasted(start, None, True) == "–"
    assert runs_ui.lasted(None, None, False) == "–"


@pytest.mark.parametrize(
    ("size", "text"),
    [(None, "–"), (0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (250_000_000, "250 MB"), (3.2e12, "3.2 TB")],
)
def test_sizes(size: float | None, text: str) -> None:
    assert runs_ui.filesize(size) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), ("", "–"), (0, "0"), (842.5, "842.5"), (1234567, "1\u202f234\u202f567"), (10, "10"), ("odd", "odd")],
)
def test_amounts_of_credits(value: Any, text: str) -> None:
    assert runs_ui.amount(value) == text


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0, "$0"), (29, "$29"), (2.5, "$2.50"), (1990, "$1,990")])
def test_prices(value: float | None, text: str) -> None:
    assert runs_ui.usd(value) == text


def test_a_link_keeps_what_it_does_not_change() -> None:
    drawn = _draw('{% query kept status="failed" q="" %}', kept={"q": "a b", "from": "2026-01-01"})
    assert drawn == "?from=2026-01-01&amp;status=failed"


def test_bars_never_grow_past_their_end() -> None:
    assert (runs_ui.part_of(3, 4), runs_ui.part_of(9, 4), runs_ui.part_of(1, 0)) == ("75", "100", "0")
