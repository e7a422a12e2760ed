"""A real Chromium, logged in, that minds the Content-Security-Policy and every error on a page."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import sync_playwright

from runs.engine.http import media
from runs.engine.models import Asset
from tests.chromium import FLAGS, executable
from tests.e2e.clips import two_scenes
from tests.run_page.conftest import remote_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.contrib.auth.models import User
    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

    Open = Callable[[str], Page]

__all__ = ["remote_run"]

# Milliseconds; the machine may be busy.
PATIENCE = 15_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; without one the tests are skipped, or fail where it is required."""
    path = executable()
    if path is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER=1, and there is no Chromium.")
        pytest.skip("There is no Chromium on this machine.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_as(browser: Browser, live_server: LiveServer) -> Iterator[Callable[[User], Page]]:
    """Opens a tab in which this person is logged in; at the end no page may have had an error."""
    contexts = []
    problems: list[str] = []

    def opened(user: User) -> Page:
        client = Client()
        client.force_login(user)
        context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def page(open_as: Callable[[User], Page], alice: User) -> Page:
    """An editor's tab."""
    return open_as(alice)


@pytest.fixture(scope="session")
def clip_path() -> Path:
    """A video of eight seconds in the engine's folder."""
    folder = settings.ENGINE_DIR / "assets" / "e2e"
    folder.mkdir(parents=True, exist_ok=True)
    return two_scenes(folder / "video.mp4", seconds=8)


@pytest.fixture
def clip_url(transactional_db: None, clip_path: Path) -> str:
    """Its signed address, as the engine would give it."""
    relative = str(clip_path.relative_to(settings.ENGINE_DIR))
    return media.video_url(Asset.objects.create(pk=uuid.uuid4(), name="Clip", video_path=relative))
