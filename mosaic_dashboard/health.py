"""Is the process alive, and is the whole thing ready?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse

if TYPE_CHECKING:
    from django.http import HttpRequest


@login_not_required
def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
def readyz(_request: HttpRequest) -> JsonResponse:
    """Placeholder until every part reports."""
    return JsonResponse({"status": "ok"})
