"""The open run page in a real browser: what a person is doing survives, and nothing is asked for in vain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.sessions.models import Session
from django.db.models import F
from playwright.sync_api import expect

from runs.models import Run
from tests.factories import MIRROR, REFRAME, VIDEO_INPUT, make_node, make_output
from tests.run_page.test_page import drawn_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.run_page.conftest import RemoteRun

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def change(run: Run, **fields: Any) -> None:
    """What the sync does when there is news."""
    Run.objects.filter(pk=run.pk).update(version=F("version") + 1, **fields)


def fanned_out() -> tuple[Run, str]:
    """A running run with a step in six copies, and that step's id."""
    run, (source, mirror, reframe) = drawn_run(VIDEO_INPUT, MIRROR, REFRAME)
    make_node(run, source, status="completed")
    make_node(run, mirror, status="completed")
    for _ in range(6):
        make_node(run, reframe, status="running")
    return run, reframe


def watch_polls(page: Page) -> list[int]:
    """The status of each poll from now on."""
    answers: list[int] = []
    page.on("response", lambda response: answers.append(response.status) if "/live/" in response.url else None)
    return answers


def wait_for_polls(page: Page, answers: list[int], count: int) -> None:
    for _ in range(100):
        if len(answers) >= count:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"only {len(answers)} polls came")


def test_focus_scroll_and_open_details_survive(page: Page) -> None:
    run, step = fanned_out()
    page.goto(f"/runs/{run.pk}/")
    details = page.locator(f"#clones-{step}")
    details.locator("summary").click()
    page.locator("#run-cancel summary").click()
    link = page.locator(f"#graph-{step}")
    link.focus()
    page.evaluate("window.scrollTo(0, 400)")
    seen_at = details.bounding_box()
    page.evaluate("document.getElementById('run-live').kept = true")
    run.nodes.filter(original_node_id=step).update(status="completed")
    change(run, status_message="Rendering the last clip", nodes_completed=8, progress=80)
    expect(page.locator("#run-status")).to_contain_text("Rendering the last clip")
    expect(page.locator(f"#run-graph [data-node-id='{step}']")).to_have_attribute("data-node-status", "completed")
    expect(details).to_have_attribute("open", "")
    expect(page.locator("#run-cancel")).to_have_attribute("open", "")
    expect(link).to_be_focused()
    # A line was added above: what the person looks at stays where it is on the screen.
    moved_to = details.bounding_box()
    assert seen_at is not None
    assert moved_to is not None
    assert abs(moved_to["y"] - seen_at["y"]) <= 1
    assert page.evaluate("document.getElementById('run-live').kept") is True
    expect(page.locator("#run-progress")).to_have_js_property("value", 80)


def test_a_playing_video_plays_on_while_outputs_arrive(page: Page, clip_url: str) -> None:
    run, step = fanned_out()
    output = make_output(run, original_node_id=step, video_url=clip_url, thumbnail_url="")
    page.goto(f"/runs/{run.pk}/")
    video = page.locator(f"#video-{output.pk}")
    video.evaluate("async (video) => { video.muted = true; video.kept = true; await video.play(); }")
    for number in range(2):
        newer = make_output(run, original_node_id=step, video_url=clip_url, thumbnail_url="", position=0)
        change(run, nodes_completed=number)
        expect(page.locator(f"#output-{newer.pk}")).to_be_visible()
    before = video.evaluate("(video) => video.currentTime")
    page.wait_for_timeout(300)
    state = video.evaluate("(video) => [video.kept, video.paused, video.currentTime]")
    assert state[:2] == [True, False]
    assert state[2] > before > 0


def test_polls_without_news_leave_the_page_alone(page: Page) -> None:
    run, _ = fanned_out()
    page.goto(f"/runs/{run.pk}/")
    page.evaluate("""() => {
      window.changes = 0;
      const observer = new MutationObserver((records) => { window.changes += records.length; });
      observer.observe(document.getElementById("run-live"), { childList: true, subtree: true, characterData: true });
    }""")
    answers = watch_polls(page)
    wait_for_polls(page, answers, 2)
    assert set(answers) == {204}
    assert page.evaluate("window.changes") == 0


def test_a_hidden_tab_asks_for_nothing_and_catches_up_when_shown(page: Page) -> None:
    run, _ = fanned_out()
    page.goto(f"/runs/{run.pk}/")
    page.evaluate(HIDE, True)
    page.wait_for_timeout(100)
    answers = watch_polls(page)
    change(run, status_message="Meanwhile")
    page.wait_for_timeout(2500)
    assert answers == []
    page.evaluate(HIDE, False)
    expect(page.locator("#run-status")).to_contain_text("Meanwhile", timeout=900)


def test_polling_ends_with_the_run(page: Page) -> None:
    run, _ = fanned_out()
    page.goto(f"/runs/{run.pk}/")
    change(run, status="completed", progress=100)
    expect(page.locator("#run-live")).to_have_attribute("data-run-status", "completed")
    answers = watch_polls(page)
    page.wait_for_timeout(2500)
    page.locator("#run-status").click()
    page.wait_for_timeout(300)
    assert answers == []


def test_polling_wakes_on_resume_and_focus_goes_to_the_new_status(page: Page, remote_run: RemoteRun) -> None:
    run = remote_run()
    page.goto(f"/runs/{run.pk}/")
    answers = watch_polls(page)
    page.locator("#run-resume-button").click()
    expect(page.locator("#run-live")).to_have_attribute("data-run-status", "running")
    expect(page.locator("#run-status-title")).to_be_focused()
    wait_for_polls(page, answers, 2)
    expect(page.locator("#run-cancel summary")).to_be_visible()


def test_a_deed_that_is_not_possible_says_so_in_place(page: Page, remote_run: RemoteRun) -> None:
    run = remote_run()
    page.goto(f"/runs/{run.pk}/")
    change(run, status="completed")
    page.locator("#run-resume-button").click()
    expect(page.locator("#run-status")).to_contain_text("The run cannot be resumed: it is completed.")
    expect(page.locator("#run-live")).to_have_attribute("data-run-status", "completed")


def test_title_favicon_and_announcement_follow(page: Page) -> None:
    run, step = fanned_out()
    page.goto(f"/runs/{run.pk}/")
    favicon, announcer = page.locator("#favicon"), page.locator("#run-announcer")
    expect(page).to_have_title("Running – Podcast shorts · Mosaic Dashboard")
    assert "favicon-active" in str(favicon.get_attribute("href"))
    change(run, nodes_completed=2, nodes_in_progress=6)
    expect(page).to_have_title("Running 2/8 – Podcast shorts · Mosaic Dashboard")
    expect(announcer).to_be_empty()
    make_output(run, original_node_id=step)
    change(run, status="failed", nodes_failed=6)
    expect(page).to_have_title("Failed – Podcast shorts · Mosaic Dashboard")
    expect(announcer).to_have_text("Run failed. 1 output ready.")
    assert "favicon-bad" in str(favicon.get_attribute("href"))


def test_an_answer_older_than_the_page_is_not_shown(page: Page) -> None:
    run, _ = fanned_out()
    page.goto(f"/runs/{run.pk}/")
    old = page.request.get(f"/runs/{run.pk}/live/").text()
    change(run, status_message="The newest news")
    expect(page.locator("#run-status")).to_contain_text("The newest news")
    page.route("**/live/**", lambda route: route.fulfill(body=old, content_type="text/html"))
    wait_for_polls(page, watch_polls(page), 2)
    expect(page.locator("#run-status")).to_contain_text("The newest news")


def test_whoever_is_logged_out_meets_the_login_form(page: Page) -> None:
    run, _ = fanned_out()
    page.goto(f"/runs/{run.pk}/")
    Session.objects.all().delete()
    page.wait_for_url(re.compile(f"/login/.*{run.pk}"))
    expect(page.locator("input[name=username]")).to_be_visible()


def test_an_output_plays_and_seeks_in_the_page(page: Page, clip_url: str, open_as: Callable[..., Page]) -> None:
    run, step = fanned_out()
    output = make_output(run, original_node_id=step, video_url=clip_url, thumbnail_url="")
    page.goto(f"/runs/{run.pk}/")
    reached = page.locator(f"#video-{output.pk}").evaluate("""async (video) => {
      video.muted = true;
      await video.play();
      await new Promise((done) => { video.onseeked = done; video.currentTime = 6; });
      return [video.currentTime, video.videoWidth];
    }""")
    assert reached[0] >= 6
    assert reached[1] == 320
