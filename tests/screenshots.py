"""Pictures of the real product: ``python -m tests.screenshots docs/img``.

Starts ``manage.py up`` in a folder of its own, walks through it in Chromium as an editor would, and takes each page in
three widths and both themes (``--all``), or just the pictures that the README shows.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.chromium import FLAGS, executable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "a password for pictures"
WIDTHS = {1440: 900, 768: 1024, 390: 844}
README = {("home", 1440, "dark"), ("agent", 1440, "dark"), ("run", 1440, "dark"), ("run", 390, "light")}


@contextmanager
def dashboard() -> Iterator[str]:
    """A real `up` on a free port; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="mosaic-pictures-")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOSAIC_")}
    environment |= {"MOSAIC_DATA_DIR": folder, "MOSAIC_ADMIN_PASSWORD": PASSWORD}
    command = [sys.executable, "manage.py", "up", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("Ready:"):
                    break
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
    shutil.rmtree(folder, ignore_errors=True)


def login(page: Page, address: str) -> None:
    """As the first administrator."""
    page.goto(f"{address}/login/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("main [type=submit]")
    page.wait_for_url(re.compile(r"/$"))


def start(page: Page, address: str, agent: str, link: str = "") -> str:
    """Start a sample agent on the sample clip or on ``link``; the run page's address."""
    page.goto(f"{address}/agents/")
    page.get_by_role("link", name=agent).first.click()
    page.wait_for_url(re.compile(r"/agents/[0-9a-f-]{36}/"))
    if link:
        page.locator("[name^=video_urls-]").first.fill(link)
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/"))
    return page.url


def first_day(page: Page, folder: Path) -> None:
    """Home before anything has run, which cannot be had later."""
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=folder / f"first-day-{width}-{theme}.png", full_page=True)


def walk(browser: Browser, address: str, folder: Path, *, everything: bool) -> dict[str, str]:
    """Make things happen; name → address of each page worth a picture."""
    page = browser.new_page()
    login(page, address)
    if everything:
        first_day(page, folder)
    addresses = {name: f"{address}/{path}" for name, path in PLAIN_PAGES.items()}
    for name, agent in {"agent": "Podcast shorts", "agent-large": "Everything", "agent-two": "Two-camera cut"}.items():
        page.goto(addresses["agents"])
        page.get_by_role("link", name=agent).first.click()
        page.wait_for_url(re.compile(r"/agents/[0-9a-f-]{36}/"))
        addresses[name] = page.url
    addresses["failed"] = start(page, address, "Broken step")
    page.wait_for_selector("[data-run-status=failed]", timeout=90_000)
    addresses["run"] = start(page, address, "Podcast shorts")
    page.wait_for_selector("[data-run-status=completed]", timeout=120_000)
    addresses["again"] = f"{addresses['agent']}?like={addresses['run'].rstrip('/').rpartition('/')[2]}"
    addresses["cancelled"] = start(page, address, "Everything")
    page.locator("#run-cancel summary").click()
    page.locator("#run-cancel-button").click()
    page.wait_for_selector("[data-run-status=cancelled]")
    addresses["source-failed"] = start(page, address, "Broken step", "https://www.youtube.com/watch?v=sample")
    page.wait_for_selector("[data-run-status=failed]", timeout=90_000)
    addresses["running"] = start(page, address, "Two-camera cut")
    page.close()
    return addresses


PLAIN_PAGES = {
    "home": "",
    "agents": "agents/",
    "runs": "runs/",
    "runs-empty": "runs/?q=nothing+fits&from=x",
    "billing": "billing/",
    "settings": "settings/",
    "connection": "settings/connections/",
    "not-found": "nowhere/",
    "admin": "admin/",
    "admin-runs": "admin/runs/run/",
}


def shoot(browser: Browser, address: str, folder: Path, wanted: set[tuple[str, int, str]] | None) -> None:
    """Take the pictures; ``wanted`` None means all."""
    addresses = walk(browser, address, folder, everything=wanted is None)
    addresses["login"] = f"{address}/login/"
    for theme in ("dark", "light"):
        for width, height in WIDTHS.items():
            scheme: str = theme
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,  # type: ignore[arg-type]
                reduced_motion="reduce",
            )
            page = context.new_page()
            for name, url in addresses.items():
                if wanted is not None and (name, width, theme) not in wanted:
                    continue
                if name != "login" and not context.cookies():
                    login(page, address)
                page.goto(url)
                page.wait_for_load_state("load")
                page.wait_for_timeout(400)
                page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=wanted is None)
                sys.stderr.write(f"{name} {width} {theme}\n")
            context.close()


def main() -> None:
    """Parse, start, shoot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="every page, width and theme, in full height")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with dashboard() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        shoot(browser, address, options.folder, None if options.all else README)
        browser.close()


if __name__ == "__main__":
    main()
