"""What is no failure is not called one, and whoever reloads a refused form meets the agent's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.factories import MIRROR, VIDEO_INPUT, make_agent, make_graph

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FAILS = """(name) => document.body.dispatchEvent(new CustomEvent("htmx:error", {
  bubbles: true,
  detail: { ctx: { begun: Date.now() }, error: new DOMException("", name) },
}))"""


def test_a_request_that_a_newer_one_replaced_is_no_failure(page: Page) -> None:
    page.goto("/runs/")
    page.evaluate(FAILS, "AbortError")
    expect(page.locator("#page-notice")).to_be_hidden()
    page.evaluate(FAILS, "NetworkError")
    expect(page.locator("#page-notice")).to_be_visible()


def test_reloading_a_refused_form_leads_to_the_agent(page: Page) -> None:
    agent = make_agent(graph=make_graph(VIDEO_INPUT, MIRROR))
    page.goto(f"/agents/{agent.pk}/")
    page.locator("[name^=video_urls-]").fill("no link")
    page.get_by_role("button", name="Start run").click()
    expect(page.locator("#complaints")).to_be_focused()
    page.goto(page.url)
    assert page.url.endswith(f"/agents/{agent.pk}/")
    expect(page.get_by_role("button", name="Start run")).to_be_visible()
