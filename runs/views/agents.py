"""Stub."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def agents(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def agent(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def agent_run(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def agent_preview(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def agent_graph(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)
