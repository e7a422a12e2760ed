"""The frame in a real browser: no page breaks at any width, axe is silent in both themes, the manners work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories import PASSWORD, make_agent, make_connection, make_output, make_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATHS = ("/", "/runs/", "/runs/?from=x&status=failed", "/billing/", "/settings/", "/settings/connections/", "/nowhere/")
WIDTHS = (390, 768, 1440, 2560)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LONG = "Interview highlights with burned-in German subtitles, 9:16, " + "unbreakable" * 6


@pytest.fixture
def stage() -> None:
    """Names that are long, a remote that is away, a balance that is used up, and something of every tone."""
    billing: dict[str, Any] = {
        "credits": {"balance": 0, "plan_id": "creator"},
        "plans": [
            {"id": "creator", "billing": "monthly", "price_usd": 29, "credits_per_month": 1500, "notes": LONG},
            {"id": "pro", "billing": "annual", "price_usd": 990, "credits_per_month": 6000},
        ],
    }
    connection = make_connection(name="Studio", billing=billing, billing_at=timezone.now())
    connection.note_trouble("Studio did not answer within 15 seconds.", timezone.now())
    agent = make_agent(connection, name=LONG)
    for status in ("running", "completed", "failed", "partial_complete", "unconfirmed", "odd_new_status"):
        run = make_run(agent, status=status, status_message=LONG, needs_credits=status == "failed", nodes_failed=1)
        make_output(run, thumbnail_url="")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    open_as: Callable[[User], Page], ada: User, stage: None, theme: Any
) -> None:
    page = open_as(ada)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    for path in PATHS:
        page.goto(path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert over <= 0, f"{path} is {over} px too wide at {width} px"
            if width == 1440 or (width == 390 and theme == "light"):
                violations = Axe().run(page, options=RULES).response["violations"]
                found = [(v["id"], [node["target"] for node in v["nodes"]][:3]) for v in violations]
                assert found == [], f"{path} at {width} px"


def test_the_theme_is_switched_at_once_and_kept(open_as: Callable[[User], Page], alice: User, stage: None) -> None:
    page = open_as(alice)
    page.emulate_media(color_scheme="dark")
    page.goto("/")
    page.get_by_text("Your account").locator("..").click()
    page.get_by_role("button", name="Light theme").click()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(24, 24, 29)"
    page.goto("/runs/")
    assert page.locator("html").get_attribute("data-theme") == "light"
    page.get_by_text("Your account").locator("..").click()
    page.get_by_role("button", name="Theme as the system").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") is None


def test_the_menu_closes_with_escape_and_gives_the_focus_back(page: Page, stage: None) -> None:
    page.goto("/")
    menu = page.locator("details.menu")
    menu.locator("summary").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_the_first_tab_stop_skips_to_the_content(page: Page, stage: None) -> None:
    page.goto("/runs/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_what_can_be_clicked_is_large_enough_on_a_phone(page: Page, stage: None) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    small = """() => [...document.querySelectorAll("button, .button, summary, input, select, .nav__link, .tabs__tab")]
        .map((item) => [item.outerHTML.slice(0, 80), item.getBoundingClientRect()])
        .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24)
            && box.width > 1).map(([html]) => html)"""
    for path in ("/", "/runs/", "/billing/", "/settings/"):
        page.goto(path)
        assert page.evaluate(small) == [], path


def test_a_request_that_fails_says_so_and_stops_saying_so(page: Page, stage: None) -> None:
    page.goto("/runs/")
    ask = "htmx.ajax('GET', '/runs/', { target: 'main', swap: 'none', source: document.body })"
    page.route("**/runs/", lambda route: route.abort())
    page.evaluate(ask)
    expect(page.locator("#page-notice")).to_have_text("The dashboard does not answer. What you see may be old.")
    page.unroute("**/runs/")
    page.evaluate(ask)
    expect(page.locator("#page-notice")).to_be_hidden()


def test_without_scripts_one_logs_in_filters_and_dismisses(
    browser: Browser, live_server: LiveServer, alice: User, stage: None
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/runs/?status=failed")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert page.url.endswith("/runs/?status=failed")
    page.get_by_label("Search").fill("no such words")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("heading", name="No run fits")).to_be_visible()
    page.goto("/")
    waiting = page.locator(".todo__item")
    before = waiting.count()
    waiting.first.get_by_role("button").click()
    expect(waiting).to_have_count(before - 1)
    context.close()
