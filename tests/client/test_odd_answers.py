"""JSON that is valid and yet would break a database, a page or a walk through it."""

from __future__ import annotations

import pytest

from runs.client.exchange import DEEPEST, _json
from runs.client.reading import LARGEST, count, moment, number


def test_half_characters_are_replaced() -> None:
    assert _json(b'{"name": "a\\ud83d", "\\udc00": ["\\ud800x"]}') == {"name": "a?", "?": ["?x"]}
    assert _json('{"name": "\\ud83d\\ude00 né"}'.encode()) == {"name": "😀 né"}


def test_numbers_that_are_none_are_left_out() -> None:
    assert _json(b'{"a": NaN, "b": -Infinity, "c": 1e999, "d": 1.5}') == {"a": None, "b": None, "c": None, "d": 1.5}
    assert _json(b'{"a": ' + b"9" * 5000 + b"}") is None


@pytest.mark.parametrize("depth", [DEEPEST + 2, 900, 100_000])
def test_what_is_too_deep_is_unreadable(depth: int) -> None:
    assert _json(b"[" * depth + b"]" * depth) is None
    assert _json(b'{"a":' * depth + b"1" + b"}" * depth) is None


def test_counts_and_amounts_fit_where_they_go() -> None:
    assert count({"n": 10**30}, "n") == LARGEST
    assert count({"n": -5}, "n") == 0
    assert count({"n": 10**400}, "n") == 0
    assert number({"n": 10**400}, "n") is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T00:00:00Z"])
def test_times_that_no_zone_can_hold_are_unknown(text: str) -> None:
    assert moment({"at": text}, "at") is None
