"""A file from disk as an HTTP answer: whole or in part (RFC 9110, section 14), streamed, for GET and HEAD.

A leaf: it knows neither the engine nor the dashboard, so both may serve their videos through it.
"""

from __future__ import annotations

import mimetypes
import os
import re
from typing import IO, TYPE_CHECKING

from django.http import Http404, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.utils.http import content_disposition_header, http_date, parse_etags, parse_http_date_safe

if TYPE_CHECKING:
    from pathlib import Path

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

CHUNK_BYTES = 64 * 1024
# No file has more than nineteen digits of bytes, and Python refuses to read numbers of thousands.
_ONE_RANGE = re.compile(r"bytes=\s*(?:([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19}))\s*")


def file_response(
    request: HttpRequest,
    path: Path,
    *,
    content_type: str = "",
    download_name: str = "",
    cache_control: str = "private, max-age=3600",
) -> HttpResponseBase:
    """Answer with the file at ``path``: 200, 206, 304 or 416; :class:`Http404` when it is not there.

    ``download_name`` makes browsers save it under that name instead of playing it. Several ranges at once are
    answered with the whole file, which the standard allows.
    """
    try:
        file = path.open("rb")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise Http404("There is no such file.") from error
    facts = os.fstat(file.fileno())
    etag = f'"{facts.st_size:x}-{facts.st_mtime_ns:x}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": cache_control,
        "ETag": etag,
        "Last-Modified": http_date(facts.st_mtime),
    }
    if download_name:
        headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=download_name) or ""
    if _is_unchanged(request, etag):
        file.close()
        return HttpResponseNotModified(headers=headers)

    span = _asked_range(request, facts.st_size, etag, int(facts.st_mtime))
    if span is None:
        file.close()
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{facts.st_size}"})
    first, length, is_part = span
    if is_part:
        headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{facts.st_size}"
    headers["Content-Length"] = str(length)
    headers["Content-Type"] = content_type or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    status = 206 if is_part else 200
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_Part(file, first, length), status=status, headers=headers)


class _Part:
    """The bytes of one range, read as they are sent; the server calls ``close`` also when the browser goes away."""

    def __init__(self, file: IO[bytes], first: int, length: int) -> None:
        self._file = file
        self._left = length
        file.seek(first)

    def __iter__(self) -> _Part:
        return self

    def __next__(self) -> bytes:
        chunk = self._file.read(min(CHUNK_BYTES, self._left)) if self._left else b""
        if not chunk:
            raise StopIteration
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        self._file.close()


def _is_unchanged(request: HttpRequest, etag: str) -> bool:
    """Whether the browser's copy is this very file (weak comparison, as the standard asks for If-None-Match)."""
    asked = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in asked or any(tag.removeprefix("W/") == etag for tag in asked)


def _asked_range(request: HttpRequest, size: int, etag: str, modified: int) -> tuple[int, int, bool] | None:
    """First byte, number of bytes and whether this is a part; None when the range lies outside the file."""
    whole = (0, size, False)
    header = request.headers.get("Range", "")
    if not header or request.method not in {"GET", "HEAD"}:
        return whole
    condition = request.headers.get("If-Range", "")
    if condition and condition != etag and parse_http_date_safe(condition) != modified:
        return whole
    match = _ONE_RANGE.fullmatch(header)
    if match is None:
        return whole
    start, end, suffix = match.groups()
    if suffix is not None:
        length = min(int(suffix), size)
        return (size - length, length, True) if length else None
    first = int(start)
    last = min(int(end), size - 1) if end else size - 1
    if end and int(end) < first:
        return whole
    return (first, last - first + 1, True) if first < size else None
