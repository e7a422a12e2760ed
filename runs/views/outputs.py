"""Stable addresses for videos and pictures: from our own disk, or from wherever the remote keeps them at the moment."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from mosaic_dashboard.ranges import file_response
from runs import access, gateway, outputs
from runs.views import errors, relay

if TYPE_CHECKING:
    import uuid
    from pathlib import Path

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from runs.models import Output, RunInput

log = logging.getLogger(__name__)

# A redirect may be remembered for a while: the address behind it is good for much longer.
REDIRECT_CACHE = "private, max-age=600"
GONE = "The service no longer has this file at the address it gave, and gave no better one."


@require_safe
def output_video(request: HttpRequest, output_id: uuid.UUID) -> HttpResponseBase:
    """The video of an output; ``?download`` saves it under a telling name."""
    output = access.output_for_view(request.user, output_id)
    return _media(request, output, "video", _download_name(output, "mp4") if "download" in request.GET else "")


@require_safe
def output_thumbnail(request: HttpRequest, output_id: uuid.UUID) -> HttpResponseBase:
    """The poster of an output, or a drawing where there is none."""
    return _picture(request, access.output_for_view(request.user, output_id))


@require_safe
def output_premiere(request: HttpRequest, output_id: uuid.UUID) -> HttpResponseBase:
    """The zip with the Premiere Pro timeline of an output."""
    output = access.output_for_view(request.user, output_id)
    return _media(request, output, "premiere", _download_name(output, "zip"))


@require_safe
def input_video(request: HttpRequest, input_id: uuid.UUID) -> HttpResponseBase:
    """A source video of a run."""
    return _media(request, access.input_for_view(request.user, input_id), "video")


@require_safe
def input_thumbnail(request: HttpRequest, input_id: uuid.UUID) -> HttpResponseBase:
    """The poster of a source video, or a drawing where there is none."""
    return _picture(request, access.input_for_view(request.user, input_id))


def _media(request: HttpRequest, item: Output | RunInput, part: str, name: str = "") -> HttpResponseBase:
    """The file itself; a sentence with 404 when there never was one, with 502 when it cannot be had now."""
    try:
        found = _found(request, item, part, name)
    except relay.Unobtainable as error:
        log.warning("%s: %s", request.path, error)
        return HttpResponse(f"{error}\n", status=502, content_type="text/plain; charset=utf-8")
    if found is None:
        return HttpResponse("There is no such file.\n", status=404, content_type="text/plain; charset=utf-8")
    return found


def _picture(request: HttpRequest, item: Output | RunInput) -> HttpResponseBase:
    """As :func:`_media`, with a drawing for whatever goes wrong: a picture is decoration."""
    try:
        found = _found(request, item, "thumbnail", "")
    except relay.Unobtainable:
        found = None
    if found is not None:
        return found
    answer = redirect(static("img/no-thumbnail.svg"))
    answer["Cache-Control"] = "private, max-age=60"
    return answer


def _found(request: HttpRequest, item: Output | RunInput, part: str, name: str) -> HttpResponseBase | None:
    """The answer with the file, after reading its address anew once where it is old or does not work."""
    place = outputs.where_is(item, part, gateway.local_media)
    is_read_anew = False
    if isinstance(place, outputs.Remote) and (not place.fresh or _is_ours(place.url)):
        place, is_read_anew = _read_anew(item, part), True
    if isinstance(place, outputs.Remote) and not is_read_anew and not _is_listed(place.url):
        try:
            return relay.relay(request, place.url, part, name)
        except relay.Unobtainable:
            place = _read_anew(item, part)
    if place is None:
        return None
    if isinstance(place, outputs.Local):
        return _from_disk(request, place.path, name)
    if _is_ours(place.url):
        raise relay.Unobtainable(GONE)
    if _is_listed(place.url):
        answer = redirect(place.url)
        answer["Cache-Control"] = REDIRECT_CACHE
        return answer
    return relay.relay(request, place.url, part, name)


def _read_anew(item: Output | RunInput, part: str) -> outputs.Local | outputs.Remote | None:
    """Where the file is by a fresh reading; where the remote is away, the old address may still be good."""
    try:
        outputs.refresh_urls(item.run, gateway.client_for(item.run.connection))
    except errors.EXPECTED:
        pass
    else:
        item.refresh_from_db(fields=["video_url", "thumbnail_url", "refreshed_at"])
        if part == "premiere":
            item.refresh_from_db(fields=["premiere_url"])
    return outputs.where_is(item, part, gateway.local_media)


def _from_disk(request: HttpRequest, path: Path, name: str) -> HttpResponseBase:
    try:
        return file_response(request, path, download_name=name)
    except Http404 as error:
        raise relay.Unobtainable("The file is no longer on this computer's disk.") from error


def _is_listed(url: str) -> bool:
    """Whether browsers may be sent there: the Content-Security-Policy names the same origins."""
    return any(url.startswith(f"{origin.rstrip('/')}/") for origin in settings.MOSAIC_MEDIA_ORIGINS)


def _is_ours(url: str) -> bool:
    """Whether the embedded engine made the address. What is ours is read from disk, never fetched."""
    return url.startswith((f"{settings.PUBLIC_URL}/engine/", f"{settings.SERVE_URL}/engine/"))


def _download_name(output: Output, ending: str) -> str:
    agent = output.run.agent
    return f"{slugify(agent.name) if agent else 'run'}-{output.remote_id[:8]}.{ending}"
