"""Every page but the admin, in both themes, asked by axe (WCAG 2.2 A and AA)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from runs import statuses
from runs.models import GraphLayout
from tests.factories import CLIPS, MIRROR, VIDEO_INPUT, make_agent, make_graph, make_node, make_output, make_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def _pages() -> dict[str, str]:
    """Every page, with something on it, in its telling states."""
    agent = make_agent(graph=make_graph(VIDEO_INPUT, CLIPS, MIRROR), name="Podcast shorts")
    version = agent.current_version
    assert version is not None
    ids = [node["id"] for node in version.graph["nodes"]]
    GraphLayout.objects.get_or_create(graph_hash=version.graph_hash, defaults={"positions": {}})
    runs = {status: make_run(agent, status=status) for status in (*statuses.RUN_STATUSES, "made_up")}
    failed = runs[statuses.FAILED]
    failed.needs_credits = True
    failed.save()
    make_node(failed, ids[1], status="failed", errors=["No scene was found."], status_message="No scene was found.")
    make_output(runs[statuses.COMPLETED], original_node_id=ids[2])
    pages = {f"run {status}": reverse("runs:run", args=[run.pk]) for status, run in runs.items()}
    plain = ("home", "agents", "runs", "billing", "settings")
    return pages | {name: reverse(f"runs:{name}") for name in plain} | {"agent": reverse("runs:agent", args=[agent.pk])}


def _complaints(page: Page, address: str) -> list[str]:
    page.goto(address)
    result = Axe().run(page, options=RULES)
    return [
        f"{address}: {found['id']}: {node['html'][:200]} {json.dumps(node.get('failureSummary', ''))}"
        for found in result.response["violations"]
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing(open_as: Callable[[User], Page], ada: User, theme: str) -> None:
    page = open_as(ada)
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    found = [complaint for address in _pages().values() for complaint in _complaints(page, address)]
    page.context.clear_cookies()
    found += _complaints(page, reverse("runs:login"))
    found += _complaints(page, "/no/such/page/")
    assert found == []
