"""A file of the remote passed on to a browser through safe fetching, in whole or in part, as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from runs import fetch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

SECONDS = 3600.0
MAX_BYTES = {"video": 50_000_000_000, "premiere": 50_000_000_000, "thumbnail": 20_000_000}
PASSED_UP = ("Range", "If-Range")
PASSED_DOWN = ("Content-Length", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified")
# Whatever a server says, nothing is passed on that a browser would run: no HTML, no SVG.
PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
FALLBACK_TYPES = {"video": "video/mp4", "premiere": "application/zip"}
PARTS_AND_WHOLES = (200, 206, 416)


class Unobtainable(Exception):
    """The file cannot be had; ``str`` is a sentence for an editor."""


def relay(request: HttpRequest, url: str, part: str, name: str = "") -> HttpResponseBase:
    """Answer with what is at ``url``; raises :class:`Unobtainable` before anything was sent.

    Always asked for with GET: signed addresses are often signed for that alone.
    """
    headers = {name: request.headers[name] for name in PASSED_UP if name in request.headers}
    try:
        stream = fetch.open_stream(
            url, timeout=SECONDS, max_bytes=MAX_BYTES[part], headers=headers, allow=settings.MOSAIC_FETCH_ALLOW
        )
    except fetch.FetchError as error:
        raise Unobtainable(str(error)) from error
    kind = _content_type(stream.headers, part)
    if stream.status not in PARTS_AND_WHOLES or not kind:
        stream.close()
        raise Unobtainable(f"The service answered with {stream.status} instead of the file.")
    # What has control characters in it is no header that we could send.
    passed = {name: text for name in PASSED_DOWN if (text := stream.headers.get(name, "")) and text.isprintable()}
    passed |= {"Content-Type": kind, "Cache-Control": "private, max-age=600"}
    if name:
        passed["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    if request.method == "HEAD" or stream.status == 416:
        stream.close()
        return HttpResponse(status=stream.status, headers=passed)
    return StreamingHttpResponse(_Relayed(stream), status=stream.status, headers=passed)


class _Relayed:
    """The body; the server calls ``close`` also when the browser goes away before the first byte."""

    def __init__(self, stream: fetch.Stream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        return self._stream.chunks()

    def close(self) -> None:
        self._stream.close()


def _content_type(headers: Mapping[str, str], part: str) -> str:
    """A harmless type for the part; empty when the server's shows that it is not the file."""
    told = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if part == "thumbnail":
        return told if told in PICTURE_TYPES else ""
    if told in {"text/html", "application/json", "application/xml", "text/xml"}:
        return ""
    return told if told.startswith(("video/", "audio/")) else FALLBACK_TYPES[part]
