"""What the walks share: a dashboard really running, a tab in it, and the steps every walk takes."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests

from tests.site.processes import Up, seeded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PASSWORD = "a password for the walks"
ENGINE_KEY = "mk_local_for_the_walks"
RUN_URL = re.compile(r"/runs/[0-9a-f-]{36}/$")
# Milliseconds. Rendering a short clip takes a few seconds on two cores.
RENDER_PATIENCE = 90_000
SETTINGS = {
    "MOSAIC_ENGINE": "on",
    "MOSAIC_ENGINE_FAULTS": "1",
    "MOSAIC_ENGINE_KEY": ENGINE_KEY,
    "MOSAIC_ADMIN_PASSWORD": PASSWORD,
    "MOSAIC_FETCH_ALLOW": "127.0.0.1",
}


class Walk:
    """One editor's tab. ``problems`` collects script errors and blocked content."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.problems: list[str] = []
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: self._note(line.text) if line.type == "error" else None)

    def _note(self, text: str) -> None:
        if "Content Security Policy" in text or "Refused" in text:
            self.problems.append(text)

    def login(self) -> None:
        """Through the login page, as the first administrator."""
        self.page.goto(f"{self.address}/")
        assert "/login/" in self.page.url
        self.page.fill("[name=username]", "admin")
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main [type=submit]")
        self.page.wait_for_url(f"{self.address}/")

    def open_agent(self, name: str) -> None:
        """Through the catalogue."""
        self.page.get_by_role("link", name="Agents", exact=True).first.click()
        self.page.get_by_role("link", name=name).first.click()
        self.page.wait_for_selector("[data-start-form], form.run-form")

    def fill_inputs(self, link: str) -> None:
        """The link in every Video Input."""
        for field in self.page.locator("[name^=video_urls-]").all():
            field.fill(link)

    def bypass(self, step: str) -> None:
        """Tick the box beside a step."""
        self.page.get_by_role("checkbox", name=f"Bypass {step}").check()

    def start(self) -> str:
        """Press Start; the run page's address."""
        self.page.get_by_role("button", name="Start run").click()
        self.page.wait_for_url(RUN_URL)
        return self.page.url

    def sees(self, status: str) -> None:
        """Wait for the run page to show a status, without reloading it."""
        self.page.wait_for_selector(f"[data-run-status={status}]", timeout=RENDER_PATIENCE)

    def plays(self, number: int = 0) -> None:
        """Play an output in the page and see its time move on."""
        video = self.page.locator("[data-output-id] video").nth(number)
        video.scroll_into_view_if_needed()
        video.evaluate("video => { video.muted = true; return video.play() }")
        self.page.wait_for_function(
            "number => document.querySelectorAll('[data-output-id] video')[number].currentTime > 0.1", arg=number
        )
        video.evaluate("video => video.pause()")

    def fault(self, **fault: Any) -> None:
        """Open a fault switch of the engine."""
        answer = requests.post(
            f"{self.address}/engine/_faults",
            json=fault,
            headers={"Authorization": f"Bearer {ENGINE_KEY}"},
            timeout=10,
        )
        assert answer.ok, answer.text


@contextmanager
def dashboard(folder: Path, *options: str, **changes: str) -> Iterator[Up]:
    """A real `up` with the engine, ready; on a new folder what costs seconds to make lies there already."""
    with Up(folder if folder.exists() else seeded(folder), *options, **(SETTINGS | changes)) as up:
        yield up.ready()


@contextmanager
def walk(browser: Browser, address: str, **options: Any) -> Iterator[Walk]:
    """A tab of its own; at the end nothing may have gone wrong in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    one = Walk(context.new_page(), address)
    yield one
    context.close()
    assert one.problems == []
