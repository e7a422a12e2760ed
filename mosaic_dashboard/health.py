"""Is the process alive, and is every part of the whole at work? Open without login, so without any particulars."""

from __future__ import annotations

import logging
import shutil
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from runs.engine.nodes.base import NodeError
from runs.engine.rendering import ffmpeg
from runs.engine.rendering.render import DISK_FLOOR_BYTES

if TYPE_CHECKING:
    from django.http import HttpRequest

log = logging.getLogger(__name__)

OK, FAILING, OFF = "ok", "failing", "off"
# The worker touches its file every two seconds.
BEAT_SECONDS = 15


@login_not_required
@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 when every part is ``ok`` (or ``off``), else 503; which one is not, is said by its name alone."""
    parts = {"database": database(), "worker": worker(), "disk": disk(), "ffmpeg": ffmpeg_here()}
    ready = FAILING not in parts.values()
    return JsonResponse({"status": OK if ready else FAILING, **parts}, status=200 if ready else 503)


def database() -> str:
    """Does the database answer?"""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("The database does not answer.")
        return FAILING
    return OK


def worker() -> str:
    """Has the worker process shown a sign of life lately?"""
    try:
        age = time.time() - (settings.DATA_DIR / "worker.beat").stat().st_mtime
    except OSError:
        return FAILING
    return OK if age <= BEAT_SECONDS else FAILING


def disk() -> str:
    """Is there room for the database and for another render? Below this the engine waits."""
    return OK if shutil.disk_usage(settings.DATA_DIR).free >= DISK_FLOOR_BYTES else FAILING


def ffmpeg_here() -> str:
    """Can the engine work? Without the engine nothing needs FFmpeg."""
    if not settings.MOSAIC_ENGINE:
        return OFF
    try:
        ffmpeg.executable()
    except NodeError:
        return FAILING
    return OK
