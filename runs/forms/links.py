"""Reading what people paste: links and ids, one a line, with a sentence for each that cannot be used."""

from __future__ import annotations

import json
import math
import uuid
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

LINK_LENGTH = 4000
SHOWN = 60
# Of so many complaints about one field the first few say it all.
COMPLAINTS = 10
DEEPEST = 50
TOO_DEEP = "This JSON is nested too deeply."


class Unreadable(ValueError):
    """The text is not what it should be; the message is a sentence for the field."""


def read_links(text: str) -> tuple[list[str], list[str]]:
    """Links, one a line, and what is wrong with the others."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wrong = [sentence for number, line in enumerate(lines, 1) if (sentence := _wrong_link(number, line))]
    return list(dict.fromkeys(lines)), _few(wrong + _repeated(lines, "link"))


def read_render_ids(text: str) -> tuple[list[str], list[str]]:
    """Ids of earlier renders, separated by lines, spaces or commas, and what is wrong with the others."""
    words = text.replace(",", " ").split()
    wrong = [
        f"“{_short(word)}” is no render id. An id looks like 1b4e28ba-2fa1-41d2-883f-0016d3cca427."
        for word in words
        if not _is_uuid(word)
    ]
    return list(dict.fromkeys(words)), _few(wrong + _repeated(words, "id"))


def read_object(text: str) -> dict[str, Any]:
    """A JSON object; empty text is an empty one. Raises :class:`Unreadable`."""
    if not text.strip():
        return {}
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_number, object_pairs_hook=_once)
        _check_depth(value)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(f"This is not valid JSON ({place}: {error.msg}). Correct it or clear the field.") from error
    except RecursionError as error:
        raise Unreadable(TOO_DEEP) from error
    except UnicodeEncodeError as error:
        raise Unreadable("There is half a character in it (a lone \\ud8… escape). Write the whole one.") from error
    except Unreadable:
        raise
    except ValueError as error:
        # Python reads no whole number of more than some thousand digits.
        raise Unreadable("There is a number in it that is too long to be sent.") from error
    if not isinstance(value, dict):
        raise Unreadable('Write one JSON object, for example {"num_clips": 3}.')
    return value


def _wrong_link(number: int, line: str) -> str:
    try:
        parts = urlsplit(line)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not host or any(character.isspace() for character in line):
        return f"Line {number}, “{_short(line)}”, is no link. A link starts with https:// or http://, one a line."
    if len(line) > LINK_LENGTH:
        return f"The link in line {number} is longer than {LINK_LENGTH} characters."
    return ""


def _repeated(items: list[str], noun: str) -> list[str]:
    return [
        f"The {noun} “{_short(item)}” is there {count} times. Keep it once."
        for item, count in Counter(items).items()
        if count > 1
    ]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON lets a key stand twice and the last one win, which nobody means."""
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise Unreadable(f"“{twice[0]}” stands there twice. Keep one of them.")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise Unreadable(f"{name} is no number that can be sent.")


def _number(text: str) -> float:
    """A number that JSON can say; larger ones would become infinite, and be sent as something that is no JSON."""
    value = float(text)
    if not math.isfinite(value):
        _no_constant(_short(text))
    return value


def _check_depth(value: object, left: int = DEEPEST) -> None:
    if not left:
        raise Unreadable(TOO_DEEP)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        _check_depth(item, left - 1)


def _few(sentences: list[str]) -> list[str]:
    if len(sentences) <= COMPLAINTS:
        return sentences
    return [*sentences[:COMPLAINTS], f"{len(sentences) - COMPLAINTS} more like these."]


def _is_uuid(word: str) -> bool:
    try:
        return str(uuid.UUID(word)) == word.lower()
    except ValueError:
        return False


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
