"""The catalogue of agents, and one agent with its graph and the form that starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from runs import access, actions, gateway
from runs.views.agent_list import AgentList
from runs.views.agent_page import AgentPage
from runs.views.errors import EXPECTED, INVALID, trouble_of
from runs.views.methods import post_only

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse


@require_safe
def agents(request: HttpRequest) -> HttpResponse:
    """Every agent, by connection, with its last runs; ``?q=`` searches, ``?use=`` carries a clip along."""
    access.require_view(request.user)
    return render(request, "agents/agents.html", {"list": AgentList.read(request)})


@require_safe
def agent(request: HttpRequest, agent_id: uuid.UUID) -> HttpResponse:
    """One agent; ``?like=`` fills the form from a run, ``?use=`` with a finished clip."""
    return AgentPage(request, access.agent_for_view(request.user, agent_id)).render()


@post_only("runs:agent", "agent_id")
def agent_run(request: HttpRequest, agent_id: uuid.UUID) -> HttpResponse:
    """Start a run, and go to it; whatever stands in the way is shown in the form."""
    page = AgentPage(request, access.agent_for_start(request.user, agent_id))
    if not page.may_send:
        return page.render(INVALID)
    try:
        run = actions.start_run(
            page.agent,
            version=page.agent.current_version,
            body=page.body,
            start_token=page.form.cleaned_data["start_token"],
            client=gateway.client_for(page.agent.connection),
            by=access.actor_of(request),
        )
    except EXPECTED as error:
        return page.refuse(trouble_of(error))
    answer = redirect("runs:run", run.pk)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(answer.url)
    answer.status_code = 303
    return answer


@post_only("runs:agent", "agent_id")
def agent_preview(request: HttpRequest, agent_id: uuid.UUID) -> HttpResponse:
    """What would be sent, and the graph as it would run; without htmx, the whole page with both."""
    page = AgentPage(request, access.agent_for_start(request.user, agent_id))
    status = 200 if page.may_send else INVALID
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "agents/_preview.html", page.context | {"redrawn": True}, status=status)
    return page.render(status)


@require_safe
def agent_graph(request: HttpRequest, agent_id: uuid.UUID) -> HttpResponse:
    """The drawing alone; it asks for itself again until its positions have been computed."""
    page = AgentPage(request, access.agent_for_view(request.user, agent_id))
    context = {"agent": page.agent, "picture": page.picture, "steps": page.steps, "graph": page.graph}
    return render(request, "agents/_agent_graph.html", context)
