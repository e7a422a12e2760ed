"""Stub."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def output_video(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def output_thumbnail(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def output_premiere(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def input_video(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def input_thumbnail(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)
