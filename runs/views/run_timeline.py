"""The timeline of a run: what was learned, when and from where, newest first; one moment holds all one read told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from runs import statuses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from runs.models import RunEvent
    from runs.statuses import Status

# Enough for a look back; the rest comes with `?timeline=all`.
SHOWN_EVENTS = 60
# What stands in the open; the moments before are folded away.
NEWEST = 4
ICONS = {"start": "play", "action": "mouse-pointer-click", "poll": "radio", "webhook": "webhook"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a moment."""

    label: str
    before: Status | None
    after: Status | None
    text: str
    node_id: str
    is_run: bool
    # How many clones of the node have the same news.
    count: int = 1


@dataclass(frozen=True, slots=True)
class Moment:
    """What became known at one time from one source."""

    at: datetime
    source: str
    icon: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Moments, and how many events are left out."""

    moments: tuple[Moment, ...]
    hidden: int

    @property
    def newest(self) -> tuple[Moment, ...]:
        """What one sees at once; nothing is folded away to save a single line."""
        return self.moments if len(self.moments) <= NEWEST + 1 else self.moments[:NEWEST]

    @property
    def earlier(self) -> tuple[Moment, ...]:
        """The moments before."""
        return self.moments[len(self.newest) :]

    @property
    def oldest_at(self) -> datetime | None:
        """When the first moment shown was."""
        return self.moments[-1].at if self.moments else None


def timeline(events: Iterable[RunEvent], hidden: int, names: Mapping[str, str]) -> Timeline:
    """Group events that came newest first; ``names`` calls template nodes as the rest of the page does."""
    moments = []
    for (at, source), group in groupby(events, key=lambda event: (event.at.replace(microsecond=0), event.source)):
        # Within a moment the run itself comes first, then nodes in the order they were learned.
        counts = Counter(reversed([_fact(event, names) for event in group]))
        facts = [replace(fact, count=count) for fact, count in counts.items()]
        facts.sort(key=lambda fact: not (fact.is_run and fact.after))
        moments.append(Moment(at, source, ICONS.get(source, "circle-help"), tuple(facts)))
    return Timeline(tuple(moments), hidden)


def _fact(event: RunEvent, names: Mapping[str, str]) -> Fact:
    is_run = not event.node_remote_id
    status = statuses.run_status if is_run else statuses.node_status
    return Fact(
        label=(event.label or "Run") if is_run else names.get(event.original_node_id) or event.label or "Node",
        before=status(event.status_before) if event.status_before else None,
        after=status(event.status_after) if event.status_after else None,
        text=event.text,
        node_id=event.original_node_id if event.original_node_id in names else "",
        is_run=is_run,
    )
