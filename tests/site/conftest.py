"""One data folder, prepared once; tests work on copies."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.site.processes import Up, manage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `manage.py prepare` has made ready."""
    folder = tmp_path_factory.mktemp("prepared") / "var"
    done = manage("prepare", folder=folder, MOSAIC_ADMIN_PASSWORD="a password for tests")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """A copy of the prepared folder."""
    return shutil.copytree(prepared, tmp_path / "var")


@pytest.fixture(scope="module")
def running(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """An `up` that a module's tests share: they leave it running."""
    with Up(shutil.copytree(prepared, tmp_path_factory.mktemp("running") / "var")) as up:
        yield up.ready()
