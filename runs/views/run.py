"""Stub."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def run(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def run_live(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def run_resume(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def run_cancel(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def run_choose(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def run_abandon(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def run_dismiss(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)
