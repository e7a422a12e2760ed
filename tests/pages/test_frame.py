"""What holds for every page: one heading, landmarks, no inline code, times that machines can read, few queries."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_agent, make_connection, make_node, make_output, make_run

if TYPE_CHECKING:
    from django.test import Client

    from runs.models import Connection

pytestmark = pytest.mark.django_db
PAGES = ("/", "/agents/", "/runs/", "/billing/", "/settings/", "/settings/connections/", "/nowhere/")
BILLING = {
    "credits": {"balance": 12.5, "plan_id": "creator"},
    "plan": {"plan": {"id": "creator", "status": "active"}, "credits": {"usage": 1, "included_usage": 1500}},
    "plans": [{"id": "creator", "billing": "monthly", "price_usd": 29, "credits_per_month": 1500}],
}


@pytest.fixture
def stage(db: None) -> Connection:
    """Something of everything, on a connection whose billing was just read."""
    connection = make_connection(name="Local engine", billing=BILLING, billing_at=timezone.now())
    agent = make_agent(connection, name="Podcast shorts")
    for status in ("running", "completed", "failed"):
        make_output(make_run(agent, status=status, needs_credits=status == "failed"))
    return connection


class Outline(HTMLParser):
    """Counts what matters of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.offences: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "style" or (tag == "script" and not values.get("src")):
            self.offences.append(f"<{tag}>")
        self.offences += [f"{tag} {name}" for name in values if name == "style" or name.startswith("on")]
        if tag == "time" and not values.get("datetime"):
            self.offences.append("time without datetime")
        if tag == "img" and "alt" not in values:
            self.offences.append("img without alt")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_one_heading_its_landmarks_and_no_inline_code(
    as_ada: Client, stage: Connection, path: str
) -> None:
    page = as_ada.get(path).content.decode()
    outline = Outline(page)
    assert outline.offences == []
    for tag in ("h1", "main", "title"):
        assert outline.tags.count(tag) == 1, tag
    assert outline.tags.count("nav") >= 1
    assert sorted(outline.ids) == sorted(set(outline.ids))
    assert re.search(r"<title>[^<]+ · Mosaic Dashboard</title>", page)
    assert '<a class="skip" href="#main">' in page


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/nowhere/"])
def test_a_page_costs_at_most_ten_queries(as_alice: Client, as_ada: Client, stage: Connection, path: str) -> None:
    person = as_ada if path.startswith("/settings/connections") else as_alice
    with CaptureQueriesContext(database) as queries:
        assert person.get(path).status_code == 200
    assert len(queries) <= 10, [query["sql"][:90] for query in queries]


def test_connection_trouble_is_a_calm_banner_with_the_time_of_the_last_contact(
    as_bob: Client, stage: Connection
) -> None:
    assert "no good contact" not in as_bob.get("/runs/").content.decode()
    stage.note_trouble("Local engine did not answer within 15 seconds.", timezone.now())
    page = as_bob.get("/runs/").content.decode()
    assert "no good contact with Local engine" in page
    assert "did not answer within 15 seconds" in page
    assert "<time" in page.split("no good contact")[1].split("</p>")[0]


def test_a_connection_that_is_switched_off_is_not_complained_about(as_bob: Client, stage: Connection) -> None:
    stage.note_trouble("No answer.", timezone.now())
    type(stage).objects.update(is_enabled=False)
    assert "no good contact" not in as_bob.get("/runs/").content.decode()


def test_the_navigation_marks_where_one_is_and_shows_admin_to_administrators(as_bob: Client, as_ada: Client) -> None:
    page = as_bob.get("/runs/").content.decode()
    assert re.search(r'href="/runs/" aria-current="page"', page)
    assert page.count('aria-current="page"') == 1
    assert "/admin/" not in page
    assert 'href="/admin/"' in as_ada.get("/runs/").content.decode()


@pytest.mark.parametrize(("cookie", "marked"), [("dark", True), ("light", True), ("pink", False), ("", False)])
def test_the_theme_is_drawn_by_the_server_from_a_cookie(as_bob: Client, cookie: str, marked: bool) -> None:
    as_bob.cookies["mosaic_theme"] = cookie
    page = as_bob.get("/").content.decode()
    assert (f'<html lang="en" data-theme="{cookie}">' in page) is marked


def test_htmx_is_wired_once(as_bob: Client) -> None:
    page = as_bob.get("/").content.decode()
    assert page.count("htmx-4.min.js") == 1
    assert re.search(r"""<body hx-headers:inherited='\{"X-CSRFToken": "\w{64}"\}'>""", page)
    assert '"includeIndicatorCSS":false' in page


def test_names_from_outside_are_escaped(as_bob: Client) -> None:
    run = make_run(make_agent(name="<script>alert(1)</script>"), status="<b>odd</b>", status_message="<i>x</i>")
    make_node(run)
    page = as_bob.get("/runs/").content.decode()
    assert "<script>alert" not in page
    assert "<b>odd" not in page.lower()
    assert "<i>x" not in page
