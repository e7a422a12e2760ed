"""What a load balancer and an operator may ask without an account."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import OperationalError

from mosaic_dashboard import health
from runs.engine.nodes.base import NodeError
from runs.engine.rendering import ffmpeg
from runs.engine.rendering.render import DISK_FLOOR_BYTES

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
PARTS = ["database", "worker", "disk", "ffmpeg"]


@pytest.fixture
def beat(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The worker's file, just touched, in a data folder of its own."""
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    path = tmp_path / "worker.beat"
    path.touch()
    return path


def test_healthz_says_exactly_one_thing(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b'{"status": "ok"}')


@pytest.mark.usefixtures("beat")
def test_readyz_names_every_part(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "worker": "ok", "disk": "ok", "ffmpeg": "ok"}
    assert "no-cache" in answer["Cache-Control"]


def test_a_silent_worker_is_not_ready(client: Client, beat: Path) -> None:
    os.utime(beat, (time.time() - 16, time.time() - 16))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "database": "ok", "worker": "failing", "disk": "ok", "ffmpeg": "ok"}
    beat.unlink()
    assert client.get("/readyz").json()["worker"] == "failing"


@pytest.mark.usefixtures("beat")
def test_a_full_disk_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=DISK_FLOOR_BYTES - 1))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["disk"]) == (503, "failing")


@pytest.mark.usefixtures("beat")
def test_ffmpeg_is_asked_for_where_the_engine_is_on(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> str:
        raise NodeError("There is no FFmpeg on this machine.")

    monkeypatch.setattr(ffmpeg, "executable", absent)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["ffmpeg"]) == (503, "failing")
    monkeypatch.setattr(settings, "MOSAIC_ENGINE", False)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["ffmpeg"]) == (200, "off")


@pytest.mark.usefixtures("beat")
def test_a_broken_database_is_said_without_particulars(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def cursor(self) -> None:
            raise OperationalError("unable to open /secret/place/db.sqlite3")

    monkeypatch.setattr(health, "connection", Broken())
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert list(answer.json()) == ["status", *PARTS]
    assert set(answer.json().values()) <= {"ok", "failing"}
    assert "The database does not answer." in caplog.text


def test_neither_takes_a_post(client: Client) -> None:
    assert [client.post(path).status_code for path in ("/healthz", "/readyz")] == [405, 405]
