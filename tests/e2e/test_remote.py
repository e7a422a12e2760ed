"""The pages with a key: one dashboard drives another one's engine over real sockets, as it would drive Mosaic."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import pytest
import requests

from tests.e2e.clips import served, two_scenes
from tests.e2e.walking import ENGINE_KEY, Walk, dashboard, walk
from tests.site.processes import Up, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.system]

SOON = 20_000


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A short clip over HTTP."""
    folder = tmp_path_factory.mktemp("clips")
    two_scenes(folder / "talk.mp4")
    with served(folder) as address:
        yield f"{address}/talk.mp4"


@pytest.fixture(scope="module")
def mosaic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The remote service."""
    with dashboard(tmp_path_factory.mktemp("mosaic") / "var") as up:
        yield up


def with_key(folder: Path, mosaic: Up, **changes: str) -> AbstractContextManager[Up]:
    """A dashboard whose only service is the remote one, unless ``changes`` say more."""
    given = {"MOSAIC_ENGINE": "off", "MOSAIC_ENGINE_KEY": "", "MOSAIC_ENGINE_FAULTS": "", "MOSAIC_FETCH_ALLOW": ""}
    key = {"MOSAIC_API_KEY": ENGINE_KEY, "MOSAIC_API_URL": f"{mosaic.address}/engine"}
    return dashboard(folder, **(given | key | changes))


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, mosaic: Up) -> Iterator[Up]:
    """The dashboard with the key; it may fetch from this machine."""
    folder = tmp_path_factory.mktemp("studio") / "var"
    with with_key(folder, mosaic, MOSAIC_FETCH_ALLOW="127.0.0.1") as up:
        yield up


@pytest.fixture
def editor(browser: Browser, studio: Up) -> Iterator[Walk]:
    """Somebody at it."""
    with walk(browser, studio.address) as one:
        one.login()
        yield one


def fault(mosaic: Up, **given: Any) -> None:
    """Open one of the remote's fault switches."""
    Walk.fault(_At(mosaic.address), **given)  # type: ignore[arg-type]


class _At:
    def __init__(self, address: str) -> None:
        self.address = address


def started(one: Walk, agent: str, link: str, *bypassed: str) -> str:
    """Start the agent on the link."""
    one.open_agent(agent)
    one.fill_inputs(link)
    for step in bypassed:
        one.bypass(step)
    return one.start()


def test_run_watch_play_and_use_again(editor: Walk, mosaic: Up, link: str) -> None:
    editor.page.goto(f"{editor.address}/agents/")
    editor.page.get_by_role("link", name="Podcast shorts").first.wait_for()
    run = started(editor, "Podcast shorts", link)
    editor.sees("completed")
    editor.plays()
    assert editor.page.locator("#run-graph [data-node-status=completed]").count() == 6
    media = editor.page.locator("[data-output-id] video").first.get_attribute("src")
    assert re.fullmatch(r"/outputs/[0-9a-f-]{36}/video", media or "")
    assert mosaic.address not in editor.page.content(), "signed addresses of the service stay out of the page"

    editor.page.get_by_role("link", name="Use as input").first.click()
    editor.page.get_by_role("link", name="Broken step").first.click()
    editor.bypass("Color Correction")
    assert editor.start() != run
    editor.sees("completed")


def test_fail_resume_and_cancel(editor: Walk, mosaic: Up, link: str) -> None:
    fault(mosaic, kind="fail_render", path="*", times=1, node_type="Silence Removal")
    started(editor, "Podcast shorts", link)
    editor.sees("failed")
    editor.page.get_by_role("button", name="Resume").click()
    editor.sees("completed")
    fault(mosaic, kind="slow", path="/agent_run/*/cancel", seconds=0.2)
    fault(mosaic, kind="unknown_status", path="/agent_run/*/nodes", times=1, value="reticulating")
    editor.page.get_by_role("link", name="Run again with these settings").click()
    # The sample is long enough to be cancelled in time, however quick the machine.
    editor.fill_inputs(f"{mosaic.address}/engine/samples/sample-clip.mp4")
    editor.start()
    editor.page.wait_for_selector("[data-node-status=reticulating]", state="attached", timeout=SOON)
    assert "reticulating" in editor.page.locator("#run-nodes").inner_text().lower()
    editor.page.locator("#run-cancel summary").click()
    editor.page.get_by_role("button", name="Yes, cancel this run").click()
    editor.sees("cancelled")


@pytest.mark.parametrize("kind", ["cut", "html"])
def test_a_start_whose_answer_is_lost_is_found_and_not_repeated(editor: Walk, mosaic: Up, link: str, kind: str) -> None:
    before = _runs_at(mosaic)
    fault(mosaic, kind=kind, path="/agent/*/run")
    started(editor, "Broken step", link, "Color Correction")
    editor.page.wait_for_selector("[data-run-status=unconfirmed]", timeout=SOON)
    editor.sees("completed")
    assert "was matched with run" in editor.page.locator("#run-timeline").inner_text()
    assert _runs_at(mosaic) == before + 1


def test_refusals_and_pauses_leave_the_form_filled(editor: Walk, mosaic: Up, link: str) -> None:
    editor.open_agent("Broken step")
    editor.fill_inputs(link)
    node_id = (editor.page.locator("[name^=video_urls-]").first.get_attribute("name") or "").removeprefix("video_urls-")
    sentence = f"video_inputs: Node {node_id} (Video Input) does not like this link."
    fault(mosaic, kind="status", path="/agent/*/run", status=400, error="validation_error", detail=sentence)
    editor.page.get_by_role("button", name="Start run").click()
    editor.page.get_by_text("does not like this link").first.wait_for()
    assert editor.page.locator("[name^=video_urls-]").first.input_value() == link
    fault(mosaic, kind="status", path="/agent/*/run", status=429, headers={"Retry-After": "7"})
    editor.page.get_by_role("button", name="Start run").click()
    editor.page.get_by_text("left alone for 7 s").wait_for()
    assert editor.page.locator("[name^=video_urls-]").first.input_value() == link


def test_another_dashboard_finds_the_runs_and_says_why_it_does_not_show_them(
    browser: Browser, mosaic: Up, tmp_path: Path
) -> None:
    with with_key(tmp_path / "var", mosaic) as up, walk(browser, up.address) as one:
        one.login()
        _open_a_completed_run(one)
        assert "started elsewhere" in one.page.locator("main header").first.inner_text()
        video = one.page.locator("[data-output-id] video").first
        video.evaluate("video => { video.play().catch(() => {}) }")
        one.page.get_by_text("An administrator can allow it with MOSAIC_FETCH_ALLOW").wait_for()


def test_beside_the_own_engine_nothing_mixes_and_a_listed_origin_is_played_from(
    browser: Browser, mosaic: Up, tmp_path: Path, link: str
) -> None:
    both = {"MOSAIC_ENGINE": "on", "MOSAIC_ENGINE_KEY": "mk_another_engine_here", "MOSAIC_FETCH_ALLOW": "127.0.0.1"}
    both |= {"MOSAIC_MEDIA_ORIGINS": mosaic.address}
    with with_key(tmp_path / "var", mosaic, **both) as up, walk(browser, up.address) as one:
        one.login()
        _open_a_completed_run(one)
        asked: list[str] = []
        one.page.on("request", lambda request: asked.append(request.url))
        one.plays()
        assert any(url.startswith(f"{mosaic.address}/engine/media/") for url in asked), "by redirect"

        one.page.goto(f"{one.address}/agents/")
        assert one.page.get_by_role("link", name="Broken step").count() >= 2
        before = _runs_at(mosaic)
        started(one, "Broken step", link, "Color Correction")
        one.sees("completed")
        assert "Local engine" in one.page.locator("main header").first.inner_text()
        one.plays()
        assert _runs_at(mosaic) == before, "what the local engine did is not known over there"


def test_a_wrong_key_or_address_is_exact_on_the_page_and_in_the_log(
    browser: Browser, mosaic: Up, tmp_path: Path
) -> None:
    with (
        with_key(tmp_path / "var", mosaic, MOSAIC_API_KEY="mk_not_the_right_one") as up,
        walk(browser, up.address) as one,
    ):
        one.login()
        others = {
            "Nowhere": "https://api.mosaic.invalid",
            "Website": mosaic.address,
            "Closed": "http://127.0.0.1:9",
        }
        for name, address in others.items():
            one.page.goto(f"{one.address}/settings/connections/")
            for field, text in {"name": name, "address": address, "api_key": "mk_some_key_or_other"}.items():
                one.page.fill(f"[name={field}]", text)
            one.page.locator("main form button[type=submit]").first.click()
            one.page.wait_for_url(f"{one.address}/settings/")
        told = [
            r"refused the key \(401\)\. Check it in Settings\.",
            r"No answer from api\.mosaic\.invalid: name not found\.",
            r"answered with a web page instead of data\. Check the address in Settings\.",
            r"No answer from 127\.0\.0\.1:9: connection refused\.",
        ]
        for sentence in told:
            logged = f"WARNING .*{sentence} Last contact: never"
            assert eventually(partial(_is_logged, up, logged), 20), sentence
        one.page.goto(one.address)
        text = one.page.locator("body").inner_text()
        assert [sentence for sentence in told if not re.search(sentence, text)] == []
        assert "It never answered yet" in text


def test_trouble_is_told_calmly_and_ends_by_itself(editor: Walk, mosaic: Up, studio: Up, link: str) -> None:
    started(editor, "Podcast shorts", link)
    run = editor.page.url
    editor.page.wait_for_selector("[data-node-status=running]", timeout=SOON)
    port = mosaic.address.rpartition(":")[2]
    mosaic.process.terminate()
    mosaic.process.wait(10)
    editor.page.locator("#run-live").get_by_text("connection refused").first.wait_for(timeout=SOON)
    editor.page.goto(f"{editor.address}/agents/")
    editor.page.get_by_text("We have no good contact with Mosaic").wait_for()
    assert editor.page.get_by_role("link", name="Podcast shorts").count() >= 1, "pages work from the record"
    logged = studio.log.read_text("utf-8")
    assert re.search(r"Mosaic: No answer from .*: connection refused\. Last contact: 20", logged)
    editor.page.goto(run)
    with dashboard(mosaic.folder, f"--port={port}"):
        editor.sees("completed")
        editor.page.goto(f"{editor.address}/agents/")
        assert editor.page.get_by_text("We have no good contact").count() == 0
    assert "Mosaic answers again." in studio.log.read_text("utf-8")


def _is_logged(up: Up, pattern: str) -> bool:
    return bool(re.search(pattern, up.log.read_text("utf-8")))


def _open_a_completed_run(one: Walk) -> None:
    """A run that was found at the service, opened from the list."""
    for _try in range(40):
        one.page.goto(f"{one.address}/runs/?status=completed")
        found = one.page.locator("main a[href^='/runs/']", has_text="Broken step")
        if found.count():
            found.first.click()
            if one.page.locator("[data-output-id] video").count():
                return
        one.page.wait_for_timeout(250)
    raise AssertionError(one.page.locator("main").inner_text())


def _runs_at(mosaic: Up) -> int:
    answer = requests.get(
        f"{mosaic.address}/engine/agent_runs",
        params={"limit": "100"},
        headers={"Authorization": f"Bearer {ENGINE_KEY}"},
        timeout=10,
    )
    return len(answer.json()["runs"])
