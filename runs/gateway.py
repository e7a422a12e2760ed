"""From a connection to a client: the one module that knows the kinds of remotes.

A new kind of remote is a new branch here and nowhere else.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from runs.client import FOR_JOBS, FOR_PEOPLE, MosaicClient, Patience
from runs.client.auth import make_session
from runs.engine.http import inprocess, media
from runs.models import Connection

if TYPE_CHECKING:
    import requests

ENGINE_NAME, MOSAIC_NAME = "Local engine", "Mosaic"
SAMPLE_CLIP = "sample-clip.mp4"
# For a page that also has something to show without the answer.
FOR_A_GLANCE = Patience(read_seconds=4, wait_seconds=0, attempts=1)

_kept = threading.local()


def client_for(connection: Connection, patience: Patience = FOR_PEOPLE) -> MosaicClient:
    """A client that speaks to the connection's remote with its key.

    Sessions are kept for each thread, so that a poll every second does not begin with a handshake every second.
    """
    session = _session(connection)
    if connection.kind == Connection.Kind.ENGINE:
        return MosaicClient(session, inprocess.BASE_URL, service=ENGINE_NAME, patience=patience)
    return MosaicClient(session, connection.address, patience=patience)


def client_for_jobs(connection: Connection) -> MosaicClient:
    """As :func:`client_for`, with the patience of work that nobody waits for."""
    return client_for(connection, FOR_JOBS)


def local_media(_connection: Connection, url: str) -> Path | None:
    """The file behind one of our own engine's addresses, whichever connection told it; None for everybody else's.

    The address must carry a valid signature of ours (samples are open to all), so a foreign service cannot name a
    file it was never shown.
    """
    return media.path_of(url)


def sample_url(connection: Connection) -> str:
    """The sample clip's address where the connection's remote has it, else ''."""
    return media.sample_url(SAMPLE_CLIP) if connection.kind == Connection.Kind.ENGINE else ""


def ensure_connections() -> None:
    """Keep the rows that come from settings in step with them; rows made by hand are left alone.

    Called when the web and the worker process start. A row whose setting went away is switched off and keeps its
    agents and runs.
    """
    engine_key = settings.MOSAIC_ENGINE_KEY if settings.MOSAIC_ENGINE else ""
    with transaction.atomic():
        _keep(Connection.Kind.ENGINE, ENGINE_NAME, f"{settings.PUBLIC_URL}/engine", engine_key)
        _keep(Connection.Kind.MOSAIC, MOSAIC_NAME, settings.MOSAIC_API_URL, settings.MOSAIC_API_KEY)


def _session(connection: Connection) -> requests.Session:
    sessions: dict[tuple[object, ...], requests.Session] = _kept.__dict__.setdefault("sessions", {})
    identity = (connection.pk, connection.kind, connection.address, connection.api_key)
    if identity not in sessions:
        for old in [known for known in sessions if known[0] == connection.pk]:
            sessions.pop(old).close()
        sessions[identity] = session = make_session(connection.api_key)
        if connection.kind == Connection.Kind.ENGINE:
            session.mount(inprocess.BASE_URL, inprocess.EngineAdapter())
    return sessions[identity]


def _keep(kind: Connection.Kind, name: str, address: str, key: str) -> None:
    row = Connection.objects.filter(kind=kind, is_managed=True).first()
    if row is None:
        if key:
            _create(kind, name, address, key)
        return
    if not key:
        Connection.objects.filter(pk=row.pk).update(is_enabled=False, last_error="", last_error_at=None)
        return
    moved = kind == Connection.Kind.MOSAIC and row.address != address
    if row.is_enabled and row.api_key == key and row.address == address:
        return
    row.set_api_key(key)
    if moved and row.organization_id:
        # Another server may be another organisation's.
        row.key_checked = False
    row.address, row.is_enabled, row.due_at = address, True, timezone.now()
    row.save(update_fields=["api_key", "api_key_last4", "key_checked", "address", "is_enabled", "due_at"])


def _create(kind: Connection.Kind, name: str, address: str, key: str) -> None:
    row = Connection(kind=kind, name=Connection.objects.free_name(name), address=address, is_managed=True)
    row.set_api_key(key)
    row.save()
