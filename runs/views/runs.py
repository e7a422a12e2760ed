"""Stub."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def runs(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)
