"""An editor's day against a real `manage.py up`: real worker, real FFmpeg, real Chromium."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clips import served, two_scenes
from tests.e2e.walking import SETTINGS, Walk, dashboard, walk
from tests.site.processes import ROOT, Up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.system]


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A short clip over HTTP."""
    folder = tmp_path_factory.mktemp("clips")
    two_scenes(folder / "talk.mp4")
    with served(folder) as address:
        yield f"{address}/talk.mp4"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One dashboard for the walks of this module."""
    with dashboard(tmp_path_factory.mktemp("walks") / "var") as up:
        yield up.address


@pytest.fixture
def editor(browser: Browser, address: str) -> Iterator[Walk]:
    """Somebody logged in."""
    with walk(browser, address) as one:
        one.login()
        yield one


def test_from_a_copy_of_the_sources_to_a_clip_that_feeds_the_next_run(browser: Browser, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(".git", ".venv", "var", ".*_cache", "__pycache__"))
    # Nothing is prepared for this one: it is the first start of somebody who has just cloned.
    with Up(clone / "var", root=str(clone), **SETTINGS) as up, walk(browser, up.ready().address) as one:
        one.login()
        one.open_agent("Podcast shorts")
        assert "sample" in one.page.locator("[name^=video_urls-]").first.input_value()
        one.bypass("Watermark")
        one.start()
        one.page.wait_for_selector("[data-node-status=running]", timeout=30_000)
        one.sees("completed")
        one.plays()
        outputs = one.page.locator("[data-output-id]").count()
        assert outputs >= 2
        assert one.page.locator("#run-graph [data-bypassed]").count() >= 1

        one.page.get_by_role("link", name="Use as input").first.click()
        one.page.get_by_role("link", name="Broken step").first.click()
        render_id = one.page.locator("[name^=node_render_ids-]").first.input_value()
        assert re.fullmatch(r"[0-9a-f-]{36}", render_id.strip())
        one.bypass("Color Correction")
        one.start()
        one.sees("completed")
        one.plays()


def test_a_failed_step_is_bypassed_and_the_run_made_again(editor: Walk, link: str) -> None:
    editor.open_agent("Broken step")
    editor.fill_inputs(link)
    editor.start()
    editor.sees("failed")
    assert "Color Correction" in editor.page.locator("#run-status").inner_text()
    editor.page.get_by_role("link", name="Run again with these settings").click()
    assert editor.page.locator("[name^=video_urls-]").first.input_value() == link
    editor.bypass("Color Correction")
    editor.start()
    editor.sees("completed")
    editor.plays()


def test_a_render_that_failed_once_is_resumed(editor: Walk, link: str) -> None:
    editor.fault(kind="fail_render", path="*", times=1, node_type="Silence Removal")
    editor.open_agent("Podcast shorts")
    editor.fill_inputs(link)
    editor.start()
    editor.sees("failed")
    said = editor.page.locator("#run-resume-what").inner_text()
    assert "Silence Removal" in said
    editor.page.get_by_role("button", name="Resume").click()
    editor.sees("running")
    editor.sees("completed")
    editor.plays()


def test_a_running_run_is_cancelled_and_resumed(editor: Walk) -> None:
    editor.open_agent("Podcast shorts")
    editor.start()
    # A run whose source was not read yet could not be resumed.
    editor.page.wait_for_selector("[data-node-status=completed]", timeout=30_000)
    editor.page.locator("#run-cancel summary").click()
    editor.page.get_by_role("button", name="Yes, cancel this run").click()
    editor.sees("cancelled")
    editor.page.get_by_role("button", name="Resume").click()
    editor.sees("running")
    editor.page.locator("#run-cancel summary").click()
    editor.page.get_by_role("button", name="Yes, cancel this run").click()
    editor.sees("cancelled")


def test_used_up_credits_are_bought_and_the_run_goes_on(browser: Browser, tmp_path: Path, link: str) -> None:
    with dashboard(tmp_path / "var", MOSAIC_ENGINE_CREDITS="6") as up, walk(browser, up.address) as one:
        one.login()
        one.open_agent("Podcast shorts")
        one.fill_inputs(link)
        run = one.start()
        one.sees("failed")
        assert "needs credits" in one.page.locator("#run-credits").inner_text()
        one.page.get_by_role("link", name="Upgrade").first.click()
        offer = one.page.locator("[data-plan-id=creator]").first
        offer.locator("summary").click()
        offer.get_by_role("button", name=re.compile("Confirm")).click()
        one.page.wait_for_selector("[data-plan-id=creator][data-current]")
        one.page.goto(run)
        one.page.get_by_role("button", name="Resume").click()
        one.sees("completed")
        one.plays()


def test_everything_works_without_javascript(browser: Browser, address: str, link: str) -> None:
    with walk(browser, address, java_script_enabled=False) as one:
        one.login()
        one.open_agent("Podcast shorts")
        sample = one.page.locator("[name^=video_urls-]").first.input_value()
        one.fill_inputs("not a link")
        one.page.get_by_role("button", name="Start run").click()
        assert one.page.locator(".field__error").count() >= 1
        assert one.page.locator("[name^=video_urls-]").first.input_value() == "not a link"
        one.fill_inputs(link)
        run = one.start()
        _reload_until(one, "[data-run-status=completed]")
        assert one.page.locator("[data-output-id]").count() >= 2
        one.page.get_by_role("link", name="Run again with these settings").click()
        # Longer, so that there is something to cancel; not before the source is read, or it could not be resumed.
        one.fill_inputs(sample)
        assert one.start() != run
        _reload_until(one, "[data-node-status=completed]")
        one.page.locator("#run-cancel summary").click()
        one.page.get_by_role("button", name="Yes, cancel this run").click()
        _reload_until(one, "[data-run-status=cancelled]")
        one.page.get_by_role("button", name="Resume").click()
        _reload_until(one, "[data-run-status=completed]")


def _reload_until(one: Walk, mark: str) -> None:
    for _try in range(180):
        if one.page.locator(mark).count():
            return
        one.page.wait_for_timeout(500)
        one.page.goto(one.page.url)
    raise AssertionError(f"{one.page.url} never showed {mark}")
