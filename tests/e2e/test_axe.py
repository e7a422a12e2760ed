"""Every page but the admin, in both themes and in its telling states, asked by axe (WCAG 2.2 A and AA)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from runs import layout, statuses
from runs.graph import Graph
from runs.models import GraphLayout
from tests.factories import CLIPS, MIRROR, VIDEO_INPUT, make_agent, make_graph, make_node, make_output, make_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from playwright.sync_api import Page

    from runs.models import Agent, Run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PLAIN = ("home", "agents", "runs", "billing", "settings", "connection-create")
# Statuses that look alike to axe share a page's shape; these differ in what else is on it.
STATUSES = (statuses.RUNNING, statuses.COMPLETED, statuses.FAILED, statuses.CANCELLED, statuses.UNCONFIRMED, "made_up")


@pytest.fixture
def drawn() -> Agent:
    """An agent whose graph has real positions."""
    graph = make_graph(VIDEO_INPUT, CLIPS, MIRROR)
    agent = make_agent(graph=graph, name="Podcast shorts")
    assert agent.current_version is not None
    positions = layout.compute(Graph.from_json(graph))
    GraphLayout.objects.update_or_create(graph_hash=agent.current_version.graph_hash, defaults={"positions": positions})
    return agent


def _runs(agent: Agent) -> dict[str, Run]:
    """One run of each kind, with errors, fan-outs and a clip where there would be some."""
    assert agent.current_version is not None
    _, clips, mirror = (node["id"] for node in agent.current_version.graph["nodes"])
    runs = {status: make_run(agent, status=status) for status in STATUSES}
    failed = runs[statuses.FAILED]
    failed.needs_credits = True
    failed.save()
    make_node(failed, clips, status="failed", errors=["No scene was found."], status_message="No scene was found.")
    for status in ("completed", "running", "queued"):
        make_node(runs[statuses.RUNNING], mirror, status=status)
    make_output(runs[statuses.COMPLETED], original_node_id=mirror)
    return runs


def _complaints(page: Page, address: str) -> list[str]:
    page.goto(address)
    return _found(page)


def _found(page: Page) -> list[str]:
    for details in page.locator("details").all():
        details.evaluate("(element) => { element.open = true; }")
    result = Axe().run(page, options=RULES)
    return [
        f"{page.url}: {found['id']}: {node['html'][:200]} {json.dumps(node.get('failureSummary', ''))}"
        for found in result.response["violations"]
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing(open_as: Callable[[User], Page], ada: User, drawn: Agent, theme: str) -> None:
    page = open_as(ada)
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    found = _complaints(page, reverse("runs:home"))
    addresses = [reverse("runs:run", args=[run.pk]) for run in _runs(drawn).values()]
    addresses += [reverse(f"runs:{name}") for name in PLAIN]
    for address in addresses:
        found += _complaints(page, address)
    found += _complaints(page, reverse("runs:agent", args=[drawn.pk]))
    assert page.locator(".graph__node").count() == 3
    page.locator("[name^=video_urls-]").fill("no link")
    page.get_by_role("checkbox", name="Bypass Mirror").check()
    page.get_by_role("button", name="Start run").click()
    page.locator("#complaints").wait_for()
    found += _found(page)
    page.context.clear_cookies()
    found += _complaints(page, reverse("runs:login"))
    found += _complaints(page, "/no/such/page/")
    assert found == []


def test_axe_finds_nothing_in_what_a_viewer_sees(open_as: Callable[[User], Page], bob: User, drawn: Agent) -> None:
    page = open_as(bob)
    run = _runs(drawn)[statuses.FAILED]
    found = [
        complaint
        for address in (
            reverse("runs:agent", args=[drawn.pk]),
            reverse("runs:run", args=[run.pk]),
            reverse("runs:billing"),
            reverse("runs:settings"),
            reverse("runs:connection-create"),
        )
        for complaint in _complaints(page, address)
    ]
    assert found == []
