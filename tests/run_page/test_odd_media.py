"""Servers of videos that answer with what no browser should get."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from runs.fetch import FetchError
from tests.factories import make_output, make_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django import Settings

    from runs.models import Output

pytestmark = pytest.mark.django_db


class Odd(BaseHTTPRequestHandler):
    """Says the headers that the test put on the class."""

    said: dict[str, str] = {}  # noqa: RUF012 - each test sets its own

    def do_GET(self) -> None:
        self.send_response(200)
        for name, value in self.said.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"film")

    def log_message(self, *_words: object) -> None:
        """Quiet."""


@pytest.fixture
def item(settings: Settings) -> Iterator[Output]:
    """An output at the odd server."""
    settings.MOSAIC_FETCH_ALLOW = ["127.0.0.1"]
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        yield make_output(make_run(), video_url=f"{address}/v", thumbnail_url=f"{address}/t")
        server.shutdown()


def test_headers_that_cannot_be_sent_are_left_out(as_bob: Client, item: Output) -> None:
    Odd.said = {"Content-Type": "video/mp4", "ETag": '"a"', "Last-Modified": "x\x07", "Content-Length": "4"}
    answer = as_bob.get(reverse("runs:output-video", args=[item.pk]))
    assert answer.status_code == 200
    assert answer.getvalue() == b"film"
    assert answer.headers["ETag"] == '"a"'
    assert "Last-Modified" not in answer.headers


def test_cookies_policies_and_places_of_others_are_not_passed_on(as_bob: Client, item: Output) -> None:
    theirs = {"Set-Cookie": "mosaic_session=x", "Content-Security-Policy": "x", "Refresh": "0;url=//evil.example"}
    Odd.said = {"Content-Type": "video/mp4", "Content-Length": "4", "Content-Disposition": "inline", **theirs}
    answer = as_bob.get(reverse("runs:output-video", args=[item.pk]))
    assert not answer.cookies
    assert {"Set-Cookie", "Refresh", "Content-Disposition"}.isdisjoint(answer.headers)
    assert answer.headers["Content-Security-Policy"] != "x"
    assert answer.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "IMAGE/SVG+XML; x", "", "image/jpeg, text/html"])
def test_only_real_pictures_are_pictures(as_bob: Client, item: Output, kind: str) -> None:
    Odd.said = {"Content-Type": kind, "Content-Length": "4"}
    answer = as_bob.get(reverse("runs:output-thumbnail", args=[item.pk]))
    assert "no-thumbnail" in answer.headers["Location"]


def test_a_length_of_thousands_of_digits_is_a_length_too_large(as_bob: Client, item: Output) -> None:
    Odd.said = {"Content-Type": "image/jpeg", "Content-Length": "9" * 5000}
    answer = as_bob.get(reverse("runs:output-thumbnail", args=[item.pk]))
    with pytest.raises(FetchError, match="larger than the limit"):
        answer.getvalue()
