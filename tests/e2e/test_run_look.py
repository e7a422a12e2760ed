"""The run page in every state: nothing wider than the screen, and axe is silent in both themes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from runs.models import RunEvent
from tests.factories import CLIPS, MIRROR, REFRAME, VIDEO_INPUT, make_input, make_node, make_output
from tests.run_page.test_page import drawn_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from playwright.sync_api import Page

    from runs.models import Run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = (390, 768, 1440, 2560)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LONG = "The picture could not be read: " + "segment" * 12 + " is damaged."
NOW = timezone.now()


def crowded(status: str, **fields: Any) -> Run:
    """A run with something of everything."""
    run, (source, clips, mirror, reframe) = drawn_run(VIDEO_INPUT, CLIPS, MIRROR, REFRAME, status=status, **fields)
    make_node(run, source, status="completed")
    make_node(run, clips, status="completed", status_message=LONG)
    for state in ("completed", "failed", "blocked", "levitating", "running", "cancelled"):
        errors = [LONG] if state == "failed" else []
        make_node(run, mirror, status=state, errors=errors, needs_credits=bool(errors))
    make_node(run, reframe, status="queued")
    make_input(run, thumbnail_url="")
    make_output(run, original_node_id=reframe, thumbnail_url="", premiere_url="https://media.example/p.zip")
    make_output(run, thumbnail_url="")
    RunEvent.objects.create(
        run=run, source="poll", label="Run", status_before="running", status_after=status, text=LONG
    )
    return run


def every_state() -> list[Run]:
    counts = {"nodes_completed": 3, "nodes_failed": 2, "nodes_in_progress": 4, "progress": 33}
    chosen = [{"run_id": "0b6c0f0e-6f5e-4a63-9a0e-0d2a4b6f7c11", "status": "running", "started_at": None, "inputs": 1}]
    lost = {"remote_id": None, "created_at": NOW - timedelta(minutes=11)}
    return [
        crowded("running", **counts, synced_at=NOW),
        crowded("failed", **counts, needs_credits=True, status_message=LONG, sync_error=LONG, finished_at=NOW),
        drawn_run(VIDEO_INPUT, MIRROR, status="completed")[0],
        drawn_run(VIDEO_INPUT, REFRAME, status="unconfirmed", **lost)[0],
        drawn_run(VIDEO_INPUT, CLIPS, status="unconfirmed", candidates=chosen, **lost)[0],
    ]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    open_as: Callable[[User], Page], mary: User, theme: Any
) -> None:
    page = open_as(mary)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    for run in every_state():
        page.goto(f"/runs/{run.pk}/")
        for details in page.locator("#main details").all():
            details.evaluate("(details) => { details.open = true; }")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert over <= 0, f"{run.status} is {over} px too wide at {width} px"
            if width == 1440:
                violations = Axe().run(page, options=RULES).response["violations"]
                found = [(v["id"], [node["html"][:120] for node in v["nodes"]][:3]) for v in violations]
                assert found == [], f"{run.status} at {width} px in {theme}"
