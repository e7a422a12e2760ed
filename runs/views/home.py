"""Home: what needs somebody, what goes on, what is left to spend, what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from runs import access, statuses
from runs.models import Output
from runs.views.money import money_of
from runs.views.run_list import NEWEST_FIRST, SHOWN

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from runs.models import Agent, Run
    from runs.models.run import RunQuerySet

NEEDING_SHOWN = 6
RUNNING_SHOWN = 8
OUTPUTS_SHOWN = 12
SAMPLES_SHOWN = 6
FIRST_SAMPLE = "Podcast shorts"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Empty by evening; on the first day it teaches instead."""
    if not access.may_view(request.user):
        return render(request, "stranger.html", status=403)
    runs = access.runs_for(request.user)
    needing, running = (
        _some(runs.needing_attention(), NEEDING_SHOWN),
        _some(runs.active().exclude(status=statuses.UNCONFIRMED), RUNNING_SHOWN),
    )
    outputs = Output.objects.select_related("run__agent").order_by("-first_seen_at")[:OUTPUTS_SHOWN]
    latest = list(outputs.defer("run__body", "run__errors"))
    is_first_day = not (needing or running or latest) and not runs.exists()
    connections = access.connections_for(request.user)
    context = {
        "needing": needing[:NEEDING_SHOWN],
        "more_needing": len(needing) > NEEDING_SHOWN,
        "running": running[:RUNNING_SHOWN],
        "more_running": len(running) > RUNNING_SHOWN,
        "outputs": latest,
        "money": [money_of(connection) for connection in connections],
        "may_start": access.may_start(request.user),
        "may_administer": access.may_administer(request.user),
        "is_first_day": is_first_day,
        "samples": _samples(request) if is_first_day else [],
    }
    return render(request, "home.html", context)


def _some(runs: RunQuerySet, count: int) -> list[Run]:
    """One more than is shown, to know whether there are more."""
    rows = runs.select_related("agent", "connection", "started_by").only(*SHOWN).order_by(*NEWEST_FIRST)
    return list(rows[: count + 1])


def _samples(request: HttpRequest) -> list[Agent]:
    """Agents to begin with; the sample that shows most in least time comes first."""
    agents = access.agents_for(request.user).present().select_related("connection")[:SAMPLES_SHOWN]
    return sorted(agents, key=lambda agent: agent.name != FIRST_SAMPLE)
