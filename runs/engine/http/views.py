"""The engine over HTTP: the API under one view, and its media.

Waitress and the development server have no call that hangs up on a client; ending the body with the exception below
makes either close the line without a word, which is what the faults need.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt
from waitress.channel import ClientDisconnected

from mosaic_dashboard.ranges import file_response
from runs.engine.http import faults, media
from runs.engine.http.api import EngineRequest, EngineResponse, handle
from runs.engine.http.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


class Dropped(ClientDisconnected, ConnectionAbortedError):  # type: ignore[misc]
    """Ends a connection: waitress and wsgiref each take one of the two for a client that went away."""


@csrf_exempt
@login_not_required
def api(request: HttpRequest, path: str) -> HttpResponseBase:
    """Everything but media."""
    try:
        body = request.body
    except RequestDataTooBig:
        return _refused(Refusal(413, "The body is too large."))
    return _sent(
        handle(
            EngineRequest(
                method=request.method or "GET",
                path=f"/{path}",
                query=request.GET.dict(),
                headers=request.headers,
                body=body,
            )
        )
    )


@csrf_exempt
@login_not_required
def signed_media(request: HttpRequest, kind: str, item_id: UUID, file: str) -> HttpResponseBase:
    """A render's or an asset's video or thumbnail, for whoever has a valid address."""
    refused = _media_refusal(request)
    if refused is not None:
        return refused
    path = f"/engine/media/{kind}/{item_id}/{file}"
    if not media.is_valid(path, request.GET.get("expires", ""), request.GET.get("signature", "")):
        return _refused(Refusal(403, "This address has expired or was changed. Read the run again for a fresh one."))
    found = media.file_path(kind, item_id, file)
    if found is None:
        return _refused(Refusal(404, "This file is not there any more."))
    return file_response(request, found)


@csrf_exempt
@login_not_required
def sample(request: HttpRequest, file: str) -> HttpResponseBase:
    """A sample clip, open to everyone."""
    refused = _media_refusal(request)
    if refused is not None:
        return refused
    found = media.sample_path(file)
    if found is None:
        return _refused(Refusal(404, "There is no such sample."))
    return file_response(request, found, cache_control="public, max-age=3600")


def _media_refusal(request: HttpRequest) -> HttpResponseBase | None:
    """Why no file is served at all: engine off, wrong method, or a fault on ``/media/…`` or ``/samples/…``."""
    if not settings.MOSAIC_ENGINE:
        raise Http404("The embedded engine is switched off.")
    if request.method not in {"GET", "HEAD"}:
        return _refused(Refusal(405, "Media can only be read."))
    trouble = faults.take(request.method, request.path.removeprefix("/engine"))
    if trouble is None:
        return None
    if trouble.transport:
        return _sent(EngineResponse(200, {}, b"\0" * 1024, trouble.transport, trouble.seconds))
    time.sleep(trouble.seconds)
    if trouble.kind == "expired_media":
        return _refused(Refusal(403, "This address has expired."))
    if trouble.kind == "status":
        status, headers, content = faults.status_answer(trouble.options)
        return JsonResponse(content, status=status, headers=headers)
    return None


def _sent(response: EngineResponse) -> HttpResponseBase:
    if response.transport == faults.REFUSED:
        return StreamingHttpResponse(_silence())
    time.sleep(response.delay_seconds)
    if response.transport == faults.SILENT:
        return StreamingHttpResponse(_silence())
    headers = dict(response.headers)
    if response.transport == faults.CUT:
        headers["Content-Length"] = str(len(response.body))
        return StreamingHttpResponse(_half(response.body), status=response.status, headers=headers)
    return HttpResponse(response.body, status=response.status, headers=headers)


def _silence() -> Iterator[bytes]:
    """Hang up before the first byte, headers included."""
    yield from ()
    raise Dropped


def _half(body: bytes) -> Iterator[bytes]:
    """Hang up in the middle."""
    yield body[: len(body) // 2]
    raise Dropped


def _refused(refusal: Refusal) -> JsonResponse:
    return JsonResponse(refusal.body, status=refusal.status)
