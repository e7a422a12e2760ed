"""The world every test here lives in."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from django.db import connections

from tests.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django import DjangoDbBlocker


@pytest.fixture
def world(db: None) -> World:
    """A connection to the real engine, in-process."""
    return make_world()


@pytest.fixture
def file_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path: Path) -> Iterator[World]:
    """The same in a database file of its own, which threads open each for themselves, as requests do."""
    path = tmp_path / "db.sqlite3"
    with django_db_blocker.unblock():
        memory = connections["default"]
        memory.ensure_connection()
        with closing(sqlite3.connect(path)) as target:
            memory.connection.backup(target)
        settings = connections.settings["default"]
        name, settings["NAME"] = settings["NAME"], str(path)
        connections["default"] = connections.create_connection("default")
        try:
            yield make_world()
        finally:
            connections["default"].close()
            settings["NAME"] = name
            connections["default"] = memory
