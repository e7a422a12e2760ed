"""Everything the run page shows, read once and put together before a template starts.

Five reads beside the run itself (nodes, inputs, outputs, events, the stored layout), however many nodes there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from runs import access, graph, payload, statuses
from runs.models import GraphLayout
from runs.views.run_nodes import NodeGroup, errors_of_the_run, group_nodes
from runs.views.run_offers import Offers, offers
from runs.views.run_timeline import SHOWN_EVENTS, Timeline, timeline

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from runs.graph import Graph, Picture
    from runs.models import Output, Run, RunEvent, RunInput
    from runs.statuses import Status

# Seconds since the last change → seconds between two polls of the page; a poll without news costs two reads.
POLL_STEPS = ((120, 1), (600, 2))
SLOWEST_POLL = 5
# Layouts take seconds; whatever has none by then will have none.
DRAWN_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Notice:
    """What an action has to say: one sentence, and its tone."""

    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class OutputGroup:
    """The renders of one template node."""

    node_id: str
    name: str
    has_node: bool
    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class RunPage:
    """The run page's whole content."""

    run: Run
    status: Status
    poll_seconds: int | None
    evidence: RunEvent | None
    groups: tuple[NodeGroup, ...]
    rows: tuple[NodeGroup, ...]
    bypassed: tuple[NodeGroup, ...]
    errors: tuple[str, ...]
    picture: Picture | None
    inputs: tuple[RunInput, ...]
    output_groups: tuple[OutputGroup, ...]
    outputs_count: int
    timeline: Timeline
    shows_all_events: bool
    body: str
    body_is_masked: bool
    offers: Offers
    notice: Notice | None = None

    @property
    def title(self) -> str:
        """For the browser's tab: the state first, because tabs are narrow."""
        counts = (
            f" {self.run.nodes_completed}/{self.run.nodes_total}" if self.poll_seconds and self.run.nodes_total else ""
        )
        return f"{self.status.label}{counts} – {self.name}"

    @property
    def name(self) -> str:
        """The agent's name, or the run's own when the agent is unknown."""
        return self.run.agent.name if self.run.agent else str(self.run)

    @property
    def announcement(self) -> str:
        """What a screen reader hears when it differs from the last one: the state and the outputs, not every tick."""
        outputs = (
            f" {self.outputs_count} output{'' if self.outputs_count == 1 else 's'} ready." if self.outputs_count else ""
        )
        return f"Run {self.status.label.lower()}.{outputs}"

    @property
    def failures(self) -> tuple[NodeGroup, ...]:
        """The nodes that have something to complain about."""
        return tuple(group for group in self.groups if group.complaints)

    @property
    def nodes_total(self) -> int:
        """The service's counts leave cancelled nodes out; the nodes themselves do not."""
        return max(self.run.nodes_total, sum(group.total for group in self.groups))

    @property
    def progress(self) -> int:
        """Percent of the nodes that finished, for the bar; while the run goes on it never shrinks."""
        if not self.run.is_terminal or self.run.status == statuses.COMPLETED or not self.nodes_total:
            return self.run.progress
        return 100 * self.run.nodes_completed // self.nodes_total

    @property
    def awaits_picture(self) -> bool:
        """Whether the drawing is still being made; a graph that cannot be drawn is not waited for."""
        version = self.run.agent_version
        if self.picture or version is None or not version.graph.get("nodes"):
            return False
        return timezone.now() - version.first_seen_at < DRAWN_WITHIN

    @property
    def is_empty_success(self) -> bool:
        """Completed, and nothing came out."""
        return self.run.status == statuses.COMPLETED and not self.outputs_count

    @property
    def seconds(self) -> float | None:
        """From start to end, once both are known."""
        if self.run.started_at is None or self.run.finished_at is None:
            return None
        return max(0.0, (self.run.finished_at - self.run.started_at).total_seconds())


def run_page(request: HttpRequest, run: Run, notice: Notice | None = None) -> RunPage:
    """Read and assemble; ``run`` comes with its connection, agent and version."""
    version = run.agent_version
    template = graph.Graph.from_json(version.graph) if version else graph.Graph()
    ignored = ignored_nodes(run)
    outputs = list(run.outputs.all())
    events, hidden = _events(run, shows_all := request.GET.get("timeline") == "all")
    groups = group_nodes(template, ignored, list(run.nodes.all()), outputs, run)
    active = tuple(group for group in groups if not group.is_bypassed)
    layout = GraphLayout.objects.filter(pk=version.graph_hash).first() if version else None
    return RunPage(
        run=run,
        status=statuses.run_status(run.status),
        poll_seconds=None if run.is_terminal else poll_seconds(run.changed_at),
        evidence=next((event for event in events if not event.node_remote_id), events[0] if events else None),
        groups=active,
        rows=tuple(group for group in active if group.is_listed),
        bypassed=tuple(group for group in groups if group.is_bypassed),
        errors=errors_of_the_run(run.errors, groups),
        picture=_picture(template, layout, groups, ignored),
        inputs=tuple(run.inputs.all()),
        output_groups=_output_groups(active),
        outputs_count=len(outputs),
        timeline=timeline(events, hidden, {group.id: group.name for group in groups}),
        shows_all_events=shows_all,
        body=_body(run, in_full=access.may_start(request.user)),
        body_is_masked=not access.may_start(request.user),
        offers=offers(request.user, run, active, len(outputs)),
        notice=notice,
    )


def poll_seconds(changed_at: datetime) -> int:
    """How often an active run's page asks: each second while things happen, more slowly when nothing does."""
    age = (timezone.now() - changed_at).total_seconds()
    return next((seconds for limit, seconds in POLL_STEPS if age < limit), SLOWEST_POLL)


def ignored_nodes(run: Run) -> tuple[str, ...]:
    """The template nodes this run bypasses, by the body that was sent."""
    ignored = (run.body or {}).get("ignore_nodes")
    return tuple(str(node_id) for node_id in ignored) if isinstance(ignored, list) else ()


def _events(run: Run, shows_all: bool) -> tuple[list[RunEvent], int]:
    """Newest first, and whether there are more (1) or not (0): counting them all would be one read more."""
    newest = run.events.order_by("-at", "-id")
    if shows_all:
        return list(newest), 0
    events = list(newest[: SHOWN_EVENTS + 1])
    return events[:SHOWN_EVENTS], int(len(events) > SHOWN_EVENTS)


def _picture(
    template: Graph, layout: GraphLayout | None, groups: tuple[NodeGroup, ...], ignored: tuple[str, ...]
) -> Picture | None:
    if layout is None:
        return None
    marks = {group.id: _mark(group) for group in groups}
    return graph.picture(template, layout.positions, marks, [key for key in ignored if key in template.by_id])


def _mark(group: NodeGroup) -> graph.Mark:
    if group.is_bypassed:
        return graph.Mark(status="bypassed", label="Bypassed", icon="route-off", bypassed=True)
    words = f"{group.completed} of {group.total} done" if group.is_fanned_out else ""
    return graph.Mark(
        status=group.status.value,
        tone=group.status.tone,
        label=group.status.label,
        icon=group.status.icon,
        badge=group.count_label,
        badge_label=words,
        href=f"#node-{group.id}",
    )


def _output_groups(groups: tuple[NodeGroup, ...]) -> tuple[OutputGroup, ...]:
    return tuple(OutputGroup(group.id, group.name, group.is_listed, group.outputs) for group in groups if group.outputs)


def _body(run: Run, *, in_full: bool) -> str:
    if run.body is None:
        return ""
    return payload.dumps(run.body if in_full else payload.masked(run.body))


def is_current(request: HttpRequest, polled: access.PolledRun) -> bool:
    """Whether the page that polls shows this version already, and polls no more often than it should by now."""
    if request.GET.get("v") != str(polled.version):
        return False
    every = request.GET.get("every", "")
    return not every.isdecimal() or int(every) >= poll_seconds(polled.changed_at)
