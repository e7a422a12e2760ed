"""Stub."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def billing(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)


def billing_upgrade(request: HttpRequest, **_ids: object) -> HttpResponse:
    """Stub."""
    return HttpResponse(status=501)
