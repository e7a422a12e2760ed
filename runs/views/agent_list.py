"""The catalogue: which agents, their small drawings, and how their last runs went."""

from __future__ import annotations

import base64
import json
import statistics
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Self

from django.db.models import F, OuterRef, Q, Subquery

from runs import access, statuses
from runs.graph import Thumb, thumb
from runs.models import Agent, Connection, GraphLayout, Output, Run
from runs.views.agent_start import is_uuid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

    from django.db.models import QuerySet
    from django.http import HttpRequest

PAGE_SIZE = 24
STRIP = 10


@dataclass(frozen=True, slots=True)
class Card:
    """One agent of the catalogue; ``runs`` are the last ones, oldest first."""

    agent: Agent
    drawing: Thumb | None
    runs: Sequence[Run]

    @property
    def typical(self) -> timedelta | None:
        """The median time of the completed runs in the strip; None when there is none."""
        spans = [
            run.finished_at - run.started_at
            for run in self.runs
            if run.status == statuses.COMPLETED and run.finished_at and run.started_at
        ]
        return statistics.median_high(spans) if spans else None


@dataclass(frozen=True, slots=True)
class AgentList:
    """One page of the catalogue, in groups by connection."""

    groups: Sequence[tuple[Connection, Sequence[Card]]] = ()
    query: str = ""
    next_cursor: str = ""
    is_first: bool = True
    clip: Output | None = None
    clip_is_gone: bool = False
    icons: Sequence[str] = field(default_factory=tuple)
    may_start: bool = False

    @classmethod
    def read(cls, request: HttpRequest) -> Self:
        """Six queries however many agents there are: clip, agents, drawings, runs (and who asks)."""
        query, cursor = request.GET.get("q", "").strip(), request.GET.get("cursor", "")
        clip = _clip(request)
        agents = access.agents_for(request.user).present().filter(connection__is_enabled=True)
        agents = agents.select_related("connection").order_by("connection__name", "name", "id")
        if query:
            agents = agents.filter(name__icontains=query)
        if clip:
            agents = agents.filter(connection_id=clip.run.connection_id)
        rows = list(_with_marks(_after(agents, cursor))[: PAGE_SIZE + 1])
        cards = _cards(rows[:PAGE_SIZE])
        return cls(
            groups=[(group, list(some)) for group, some in groupby(cards, key=lambda card: card.agent.connection)],
            query=query,
            next_cursor=_cursor_of(rows[PAGE_SIZE - 1]) if len(rows) > PAGE_SIZE else "",
            is_first=not cursor,
            clip=clip,
            clip_is_gone="use" in request.GET and clip is None,
            icons=sorted({statuses.run_status(run.status).icon for card in cards for run in card.runs}),
            may_start=access.may_start(request.user),
        )

    @property
    def is_empty(self) -> bool:
        """Whether no card is shown."""
        return not self.groups


def _clip(request: HttpRequest) -> Output | None:
    pk = is_uuid(request.GET.get("use", ""))
    return Output.objects.select_related("run__connection").filter(pk=pk).first() if pk else None


def _with_marks(agents: QuerySet[Agent]) -> QuerySet[Agent]:
    """Add the hash of the drawing, and the time of the oldest run of the strip (an index seek for each agent)."""
    newest = Run.objects.filter(agent=OuterRef("pk")).order_by("-created_at", "-id")
    return agents.annotate(
        drawn=F("current_version__graph_hash"),
        strip_from=Subquery(newest.values("created_at")[STRIP - 1 : STRIP]),
    )


def _cards(agents: Sequence[Agent]) -> list[Card]:
    layouts = GraphLayout.objects.in_bulk([agent.drawn for agent in agents if agent.drawn])  # type: ignore[attr-defined]
    runs = _last_runs(agents)
    return [
        Card(
            agent,
            thumb(layouts[drawn].positions) if (drawn := agent.drawn) in layouts else None,  # type: ignore[attr-defined]
            runs[agent.pk][:STRIP][::-1],
        )
        for agent in agents
    ]


def _last_runs(agents: Iterable[Agent]) -> dict[uuid.UUID, list[Run]]:
    """The newest runs of each agent, newest first, in one query that reads no more rows than it needs."""
    wanted = Q(pk__in=())
    for agent in agents:
        since = agent.strip_from  # type: ignore[attr-defined]
        wanted |= Q(agent=agent, created_at__gte=since) if since else Q(agent=agent)
    found = defaultdict(list)
    fields = ("agent_id", "status", "created_at", "started_at", "finished_at")
    for run in Run.objects.filter(wanted).only(*fields).order_by("-created_at", "-id"):
        found[run.agent_id].append(run)
    return found  # type: ignore[return-value]


def _cursor_of(agent: Agent) -> str:
    place = [agent.connection.name, agent.name, str(agent.pk)]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _after(agents: QuerySet[Agent], cursor: str) -> QuerySet[Agent]:
    """The agents that follow the cursor; one that cannot be read means the first page."""
    try:
        place: Any = json.loads(base64.urlsafe_b64decode(cursor)) if cursor else None
        connection, name, pk = place if place else ("", "", "")
        pk = uuid.UUID(pk) if pk else None
    except (ValueError, TypeError):
        return agents
    if pk is None:
        return agents
    same = Q(connection__name=connection)
    later = Q(connection__name__gt=connection) | same & Q(name__gt=name) | same & Q(name=name, pk__gt=pk)
    return agents.filter(later)
