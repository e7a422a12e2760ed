"""What every test may ask for: the cast, their browsers' stand-ins, and quick settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import make_user

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MARKED_BY_PLACE = {
    "media": ("tests/nodes/", "tests/render/", "tests/engine/test_real_renders.py"),
    "engine": ("tests/engine/", "tests/sync/", "tests/actions/"),
}


def pytest_configure() -> None:
    """A cheap password hasher, and static files straight from their sources."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What goes through the whole engine, and what renders, is marked by where it stands; the rest is the unit part."""
    for item in items:
        for mark, places in MARKED_BY_PLACE.items():
            if any(place in item.path.as_posix() for place in places):
                item.add_marker(mark)


@pytest.fixture
def alice(db: None) -> User:
    """Alice edits."""
    return make_user("alice", "Editor")


@pytest.fixture
def bob(db: None) -> User:
    """Bob views."""
    return make_user("bob", "Viewer")


@pytest.fixture
def mary(db: None) -> User:
    """Mary manages: she may spend."""
    return make_user("mary", "Manager")


@pytest.fixture
def ada(db: None) -> User:
    """Ada administers."""
    return make_user("ada", "Administrator")


@pytest.fixture
def charlie(db: None) -> User:
    """Charlie has an account and no role: a stranger."""
    return make_user("charlie")


def _client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_alice(alice: User) -> Client:
    """An editor's browser."""
    return _client_of(alice)


@pytest.fixture
def as_bob(bob: User) -> Client:
    """A viewer's browser."""
    return _client_of(bob)


@pytest.fixture
def as_mary(mary: User) -> Client:
    """A manager's browser."""
    return _client_of(mary)


@pytest.fixture
def as_ada(ada: User) -> Client:
    """An administrator's browser."""
    return _client_of(ada)


@pytest.fixture
def as_charlie(charlie: User) -> Client:
    """A stranger's browser."""
    return _client_of(charlie)
