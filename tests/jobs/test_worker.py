"""The real worker process: it shows that it lives, finds work, and ends at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

if TYPE_CHECKING:
    from pathlib import Path

STARTS_WITHIN, ENDS_WITHIN = 60.0, 2.0


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Until the file is there."""
    until = time.monotonic() + STARTS_WITHIN
    while not path.exists():
        assert process.poll() is None, "the worker ended by itself"
        assert time.monotonic() < until, f"{path} did not appear"
        time.sleep(0.05)


@pytest.mark.system
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_beats_and_ends_within_two_seconds(tmp_path: Path, number: signal.Signals) -> None:
    environment = {
        **os.environ,
        "MOSAIC_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "mosaic_dashboard.settings",
    }
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=environment, check=True, timeout=120)
    process = subprocess.Popen([*manage, "worker"], env=environment, stderr=subprocess.PIPE)
    try:
        beat = tmp_path / "worker.beat"
        wait_for(beat, process)
        first = beat.stat().st_mtime
        time.sleep(1.2)
        assert beat.stat().st_mtime > first
        asked = time.monotonic()
        process.send_signal(number)
        assert process.wait(ENDS_WITHIN + 1) == 0
        assert time.monotonic() - asked < ENDS_WITHIN
    finally:
        if process.poll() is None:
            process.kill()
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
