"""Stub."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def settings(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def connection_create(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def connection_update(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def connection_test(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)
