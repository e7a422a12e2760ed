"""Loaded before Django's settings: the suite has a data folder and an environment of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

for name in [name for name in os.environ if name.startswith("MOSAIC_")]:
    del os.environ[name]

DATA_DIR = Path(tempfile.mkdtemp(prefix="mosaic-test-"))
os.environ["MOSAIC_DATA_DIR"] = str(DATA_DIR)
# Nor does a developer's own .env reach the tests.
os.environ["MOSAIC_ENV_FILE"] = os.devnull
os.environ["MOSAIC_ENGINE"] = "on"
os.environ["MOSAIC_ENGINE_FAULTS"] = "1"
os.environ["MOSAIC_ENGINE_KEY"] = "mk_local_for_the_tests_only"
# Playwright's synchronous API keeps an event loop in the thread; Django would refuse the database there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(DATA_DIR, ignore_errors=True)
