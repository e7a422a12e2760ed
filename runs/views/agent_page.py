"""Everything the agent page shows, read before the template starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from runs import access, payload
from runs.forms.run_form import RunForm, new_token
from runs.graph import Graph, Mark, Picture, picture
from runs.models import Agent, Connection, GraphLayout
from runs.views.agent_start import Start, clips_in, foreign_clips, start_from

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from runs.forms.run_form import Step
    from runs.models import Output, Run
    from runs.views.errors import Trouble

RECENT_RUNS = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """What will be sent, as it will be sent."""

    body: str
    curl: str


@dataclass
class AgentPage:
    """One agent as one person sees it; with ``request.POST``, the form is what was sent."""

    request: HttpRequest
    agent: Agent
    trouble: Trouble | None = None
    start: Start = field(default_factory=Start)

    def __post_init__(self) -> None:
        if self.shows_form and self.request.method != "POST":
            self.start = start_from(self.request, self.agent, self.graph)

    @cached_property
    def graph(self) -> Graph:
        """The current graph; empty while it has not been read yet."""
        version = self.agent.current_version
        return Graph.from_json(version.graph) if version else Graph()

    @cached_property
    def shows_form(self) -> bool:
        """Whether there is a form: for people who may start, once the steps are known."""
        return access.may_start(self.request.user) and bool(self.graph.nodes)

    @property
    def may_send(self) -> bool:
        """Whether a run can be started here and now with what the form holds."""
        if self.obstacle or not self.form.is_valid():
            return False
        for node_id, sentence in foreign_clips(self.agent, self.form.request.inputs):
            self.form.complain(node_id, sentence)
        return self.form.is_valid()

    @property
    def obstacle(self) -> str:
        """Why nobody can start this agent now; empty when it can be."""
        agent = self.agent
        if agent.removed_at:
            return f"{agent.connection} does not have this agent any more. Its runs stay here."
        if not agent.connection.is_enabled:
            return f"The connection {agent.connection} is switched off."
        return "" if self.graph.nodes else "The nodes of this agent have not been read yet. This takes a moment."

    @cached_property
    def form(self) -> RunForm:
        """Bound to what was sent, or filled with where the run starts from."""
        engine = self.agent.connection.kind == Connection.Kind.ENGINE
        if self.request.method == "POST":
            return RunForm(self.graph, engine=engine, data=self.request.POST)
        return RunForm(self.graph, engine=engine, initial=self.start.initial)

    @cached_property
    def sent(self) -> Sent | None:
        """The body and its curl line, when the form as it stands can be sent."""
        form = self.form
        if not form.is_bound:
            form = RunForm(self.graph, engine=form.engine, data={**self.start.initial, "start_token": "preview"})
        if not form.is_valid():
            return None
        body = payload.build(self.graph, form.request)
        address = self.agent.connection.address
        return Sent(payload.dumps(body), payload.curl(address, self.agent.remote_id, body))

    @cached_property
    def body(self) -> dict[str, Any]:
        """What :func:`runs.actions.start_run` sends; the form must be valid."""
        return payload.build(self.graph, self.form.request)

    @cached_property
    def steps(self) -> list[Step]:
        """The nodes with their fields, along the flow."""
        return list(self.form.steps)

    @cached_property
    def picture(self) -> Picture | None:
        """The graph as it will run; None while it has not been laid out."""
        version = self.agent.current_version
        layout = GraphLayout.objects.filter(pk=version.graph_hash).first() if version else None
        bypassed = self.form.bypassed if self.shows_form else ()
        marks = {step.node.id: _mark(step) for step in self.steps}
        return picture(self.graph, layout.positions if layout else None, marks, bypassed)

    @cached_property
    def clips(self) -> dict[str, Output]:
        """The finished clips named in the form that we know, for their pictures and names."""
        fields = [self.form[f"node_render_ids-{node.id}"] for node in self.graph.inputs]
        return clips_in(self.agent, [word for item in fields for word in (item.value() or "").split()])

    @cached_property
    def recent(self) -> list[Run]:
        """The last runs, to look at or to start from."""
        return list(access.runs_for(self.request.user).filter(agent=self.agent)[:RECENT_RUNS])

    @property
    def token(self) -> str:
        """A form that has been answered gets a new intent; one that was only wrong keeps its own."""
        token = self.form.data.get("start_token", "") if self.form.is_bound and not self.trouble else ""
        return token or new_token()

    def refuse(self, trouble: Trouble) -> HttpResponse:
        """Show the page again with what the remote said, everything typed still in it."""
        self.trouble = trouble
        if trouble.detail is not None or trouble.status < 500:
            self.form.refuse(trouble.detail, trouble.sentence)
        return self.render(trouble.status)

    def render(self, status: int = 200) -> HttpResponse:
        """The whole page."""
        return render(self.request, "agents/agent.html", self.context, status=status)

    @property
    def context(self) -> dict[str, Any]:
        """Read everything now: no query starts in a template."""
        return {
            "agent": self.agent,
            "graph": self.graph,
            "shows_form": self.shows_form,
            "obstacle": self.obstacle,
            "steps": self.steps,
            "form": self.form,
            "complaints": self.form.complaints if self.form.is_bound else [],
            "trouble": self.trouble,
            "start": self.start,
            "token": self.token,
            "picture": self.picture,
            "sent": self.sent if self.shows_form else None,
            "clips": self.clips if self.shows_form else {},
            "recent": self.recent,
        }


def _mark(step: Step) -> Mark:
    """What a box says on this page: what is wrong, that it is bypassed, or how much is set in it."""
    href = f"#step-{step.node.id}"
    if step.bypassed:
        return Mark(
            label="Bypassed", icon="route-off", href=href, bypassed=True, tone="bad" if step.errors else "neutral"
        )
    if step.errors:
        return Mark(label="See below", icon="circle-alert", href=href, tone="bad")
    if step.flaws:
        return Mark(label="See below", icon="triangle-alert", href=href, tone="warn")
    if step.params_field and (step.params_field.value() or "").strip():
        return Mark(label="Changed", icon="pencil", href=href, tone="active")
    if step.node.is_input:
        return Mark(label="Starts here", href=href)
    count = len(step.node.params)
    return Mark(label=f"{count} setting{'' if count == 1 else 's'}" if count else "Defaults", href=href)
