"""The world every test here lives in."""

from __future__ import annotations

import pytest

from tests.world import World, make_world


@pytest.fixture
def world(db: None) -> World:
    """A connection to the real engine, in-process."""
    return make_world()
