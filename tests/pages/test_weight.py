"""What a first visit costs on the wire: the page, its styles, scripts and pictures, compressed as they are served."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.utils import timezone

from runs.views.home import OUTPUTS_SHOWN
from runs.views.run_list import PAGE_SIZE
from tests.factories import (
    CLIPS,
    MIRROR,
    REFRAME,
    VIDEO_INPUT,
    WATERMARK,
    make_agent,
    make_connection,
    make_graph,
    make_node,
    make_output,
    make_run,
)

if TYPE_CHECKING:
    from django.test import Client

    from runs.models import Run

pytestmark = pytest.mark.django_db
FIRST_LOAD = 100_000
SCRIPTS = 40_000
# A response's head, generously.
HEAD = 600
NODES = 30


@pytest.fixture
def busy_run() -> Run:
    """A full house: a page of runs, clips on home, and a run of thirty nodes."""
    types = [VIDEO_INPUT, *([CLIPS, REFRAME, WATERMARK, MIRROR] * NODES)][:NODES]
    connection = make_connection(name="Local engine", billing_at=timezone.now())
    agent = make_agent(connection, make_graph(*types), name="Everything", description="A tour of all there is.")
    for number in range(PAGE_SIZE + 1):
        status = ("completed", "failed", "partial_complete", "running")[number % 4]
        run = make_run(agent, status=status, nodes_completed=number, status_message=f"Message number {number}.")
    assert agent.current_version
    for node in agent.current_version.graph["nodes"]:
        make_node(run, node["id"], type_id=node["type_id"], type_name=node["type_name"])
    for _ in range(OUTPUTS_SHOWN):
        make_output(run)
    return run


def _weigh(page: str, pattern: str) -> int:
    """Bytes of the linked static files, each as whitenoise would send it."""
    total = 0
    for url in set(re.findall(pattern, page)):
        path = finders.find(url.removeprefix("/static/"))
        assert path, f"{url} is linked and does not exist"
        data = Path(path).read_bytes()
        total += HEAD + min(len(data), len(brotli.compress(data)))
    return total


def _paths(run: Run) -> dict[str, str]:
    names = ("/", "/agents/", "/runs/", "/billing/", "/settings/", "/settings/connections/", "/nowhere/")
    return {name: name for name in names} | {"agent": f"/agents/{run.agent_id}/", "run": f"/runs/{run.pk}/"}


@pytest.mark.parametrize("name", ["/", "/agents/", "agent", "/runs/", "run", "/billing/", "/settings/", "/nowhere/"])
def test_a_first_load_stays_within_the_budget(as_ada: Client, busy_run: Run, name: str) -> None:
    path = _paths(busy_run)[name]
    on_the_wire = len(as_ada.get(path, HTTP_ACCEPT_ENCODING="gzip, br").content)
    page = as_ada.get(path).content.decode()
    scripts = _weigh(page, r'<script[^>]* src="([^"]+)"')
    assets = _weigh(page, r'(?:href|src)="(/static/[^"]+\.(?:css|svg|png))"')
    assert scripts <= SCRIPTS
    assert HEAD + on_the_wire + scripts + assets <= FIRST_LOAD, (on_the_wire, scripts, assets)


def test_the_login_is_the_lightest(client: Client) -> None:
    response = client.get("/login/", HTTP_ACCEPT_ENCODING="gzip")
    assert response["Content-Encoding"] == "gzip"
    page = client.get("/login/").content.decode()
    scripts = _weigh(page, r'<script[^>]* src="([^"]+)"')
    assets = _weigh(page, r'(?:href|src)="(/static/[^"]+\.(?:css|svg|png))"')
    assert len(response.content) + scripts + assets <= FIRST_LOAD / 2


def test_a_first_load_takes_at_most_ten_requests_without_media(as_ada: Client, busy_run: Run) -> None:
    for path in _paths(busy_run).values():
        page = as_ada.get(path).content.decode()
        linked = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
        assert 1 + len(linked) <= 10, (path, linked)
