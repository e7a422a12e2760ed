"""No secret reaches the log, whichever way it came into a message."""

from __future__ import annotations

import logging
import sys

import pytest

from mosaic_dashboard.logs import HIDDEN, MaskingFormatter

KNOWN = "a-webhook-secret-of-ours"


def _line(message: str, *arguments: object, failed: bool = False) -> str:
    error = None
    if failed:
        try:
            raise ValueError(f"refused with {KNOWN}")
        except ValueError:
            error = sys.exc_info()
    record = logging.LogRecord("runs", logging.INFO, __file__, 1, message, arguments, error)
    return MaskingFormatter("{message}", secrets=["", "short", KNOWN]).format(record)


@pytest.mark.parametrize(
    ("message", "secret", "rest"),
    [
        (f"body {KNOWN} sent", KNOWN, "body ••• sent"),
        ("key mk_live_abcdef123456 refused", "abcdef123456", "key ••• refused"),
        ("Authorization: Bearer abc.def-123456", "abc.def", "Authorization: Bearer •••"),
        ("GET /m.mp4?expires=9&signature=0a1b2c HTTP", "0a1b2c", "GET /m.mp4?expires=9&signature=••• HTTP"),
        ("https://x/?X-Goog-Signature=ff00&n=1", "ff00", "https://x/?•••"),
        ("no answer from https://x/a.mp4?sv=1&sig=ff00 yet", "ff00", "no answer from https://x/a.mp4?••• yet"),
        ("https://ann:pass-word@x.example/a.mp4", "pass-word", "https://•••@x.example/a.mp4"),
        ("/a.mp4?access_token=ff00&n=1", "ff00", "/a.mp4?access_token=•••&n=1"),
        ("/a.mp4?sig=ff00", "ff00", "/a.mp4?sig=•••"),
    ],
)
def test_secrets_are_hidden_and_the_rest_is_kept(message: str, secret: str, rest: str) -> None:
    line = _line(message)
    assert secret not in line
    assert line == rest


def test_arguments_and_tracebacks_are_searched_too() -> None:
    line = _line("asked %s", f"https://x/?token={KNOWN}", failed=True)
    assert KNOWN not in line
    assert "ValueError: refused with " + HIDDEN in line


def test_short_words_are_not_taken_for_secrets() -> None:
    assert _line("a short story about mk_x") == "a short story about mk_x"
