"""A file served whole and in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from django.http import Http404
from django.test import RequestFactory

from mosaic_dashboard.ranges import file_response

if TYPE_CHECKING:
    from pathlib import Path

    from django.http import StreamingHttpResponse
    from django.http.response import HttpResponseBase

BODY = bytes(range(256)) * 600


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(BODY)
    return path


def get(path: Path, method: str = "GET", **headers: str) -> HttpResponseBase:
    request = RequestFactory().generic(method, "/", headers=headers)
    return file_response(request, path)


def content(response: HttpResponseBase) -> bytes:
    return b"".join(cast("StreamingHttpResponse", response)) if response.streaming else response.content  # type: ignore[attr-defined]


def test_whole_file(video: Path) -> None:
    response = get(video)
    assert response.status_code == 200
    assert response["Content-Type"] == "video/mp4"
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Length"] == str(len(BODY))
    assert content(response) == BODY


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-70000", 100, 70000),
        ("bytes=153000-", 153000, len(BODY) - 1),
        ("bytes=-1", len(BODY) - 1, len(BODY) - 1),
        ("bytes=-999999999", 0, len(BODY) - 1),
        ("bytes=10-999999999", 10, len(BODY) - 1),
    ],
)
def test_one_range(video: Path, asked: str, first: int, last: int) -> None:
    response = get(video, Range=asked)
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(BODY)}"
    assert response["Content-Length"] == str(last - first + 1)
    assert content(response) == BODY[first : last + 1]


@pytest.mark.parametrize("asked", ["bytes=153600-", "bytes=-0", "bytes=999999999-1000000000"])
def test_outside_the_file(video: Path, asked: str) -> None:
    response = get(video, Range=asked)
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(BODY)}"


@pytest.mark.parametrize(
    "asked",
    [
        *("bytes=5-1", "bytes=0-1,4-5", "lines=1-2", "bytes=", "bytes=a-b", "bytes=²-³"),
        *(f"bytes=0-{'9' * 5000}", f"bytes={'9' * 5000}-", f"bytes=-{'9' * 5000}", "bytes=" + "0-," * 2000),
    ],
    ids=lambda asked: asked[:12],
)
def test_what_cannot_be_understood_gives_the_whole(video: Path, asked: str) -> None:
    response = get(video, Range=asked)
    assert response.status_code == 200
    assert content(response) == BODY


def test_head_has_the_headers_alone(video: Path) -> None:
    response = get(video, "HEAD", Range="bytes=0-9")
    assert (response.status_code, response["Content-Length"]) == (206, "10")
    assert content(response) == b""


def test_unchanged_file_is_not_sent_again(video: Path) -> None:
    etag = get(video)["ETag"]
    assert get(video, **{"If-None-Match": etag}).status_code == 304
    assert get(video, **{"If-None-Match": '"other"'}).status_code == 200


def test_range_of_a_changed_file_gives_the_new_whole(video: Path) -> None:
    first = get(video)
    assert get(video, Range="bytes=0-9", **{"If-Range": first["ETag"]}).status_code == 206
    assert get(video, Range="bytes=0-9", **{"If-Range": first["Last-Modified"]}).status_code == 206
    assert get(video, Range="bytes=0-9", **{"If-Range": '"other"'}).status_code == 200


def test_missing_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none.mp4", tmp_path):
        with pytest.raises(Http404):
            get(path)


def test_download_name(video: Path) -> None:
    response = file_response(RequestFactory().get("/"), video, download_name="Kürzung 1.mp4")
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''K%C3%BCrzung%201.mp4"


def test_closing_early_lets_the_file_go(video: Path, db: None) -> None:
    """Closing ends the request, and with that Django looks after its database connections: hence ``db``."""
    response = get(video)
    next(iter(cast("StreamingHttpResponse", response)))
    response.close()
    with pytest.raises(ValueError, match="closed file"):
        content(response)


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    assert content(get(path)) == b""
    assert get(path, Range="bytes=0-").status_code == 416
