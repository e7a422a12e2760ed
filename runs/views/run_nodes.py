"""The nodes of a run as the run page shows them: grouped by template node, clones folded and counted.

Pure values from rows that were already read; nothing here asks the database.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from runs import statuses
from runs.graph import Graph, GraphNode, runtime_graph
from runs.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runs.models import Output, Run, RunNode

UNASSIGNED = "unassigned"
# For template nodes while the service has told of no node at all.
NO_NEWS = Status("", "No news yet", "neutral", "circle-dashed")


@dataclass(frozen=True, slots=True)
class Clone:
    """One runtime node; ``number`` counts within its template node from 1."""

    remote_id: str
    number: int
    status: Status
    message: str
    errors: tuple[str, ...]
    needs_credits: bool
    seconds: float | None

    @property
    def texts(self) -> tuple[str, ...]:
        """All it says, each sentence once: services repeat the error in the message."""
        return tuple(dict.fromkeys(filter(None, (self.message, *self.errors))))


@dataclass(frozen=True, slots=True)
class Complaint:
    """One error text of a template node, and how many of its clones say it."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """A template node of this run, with everything that was cloned from it."""

    id: str
    name: str
    status: Status
    clones: tuple[Clone, ...] = ()
    tally: tuple[tuple[Status, int], ...] = ()
    complaints: tuple[Complaint, ...] = ()
    message: str = ""
    needs_credits: bool = False
    outputs: tuple[Output, ...] = ()
    is_source: bool = False
    # False for what only outputs name: it gets no row of its own among the nodes.
    is_listed: bool = True
    is_bypassed: bool = False

    @property
    def total(self) -> int:
        """Runtime nodes known so far."""
        return len(self.clones)

    @property
    def completed(self) -> int:
        """Runtime nodes that delivered something."""
        return sum(clone.status.value in _DELIVERED for clone in self.clones)

    @property
    def failed(self) -> int:
        """Runtime nodes that failed."""
        return sum(clone.status.value == statuses.FAILED for clone in self.clones)

    @property
    def is_fanned_out(self) -> bool:
        """Several clones, so the row counts them and folds them away."""
        return self.total > 1

    @property
    def count_label(self) -> str:
        """``3/5`` for a node that was cloned; empty otherwise."""
        return f"{self.completed}/{self.total}" if self.is_fanned_out else ""

    @property
    def seconds(self) -> float | None:
        """How long the only clone took, as far as we saw; None for fan-outs and while it works."""
        return self.clones[0].seconds if self.total == 1 else None


_DELIVERED = {statuses.COMPLETED, statuses.PARTIAL_COMPLETE}
_PENDING = {statuses.QUEUED, statuses.NOT_STARTED}
_WORST_FIRST = (statuses.FAILED, statuses.BLOCKED, statuses.CANCELLED, statuses.QUEUED, statuses.NOT_STARTED)
_TALLY_ORDER = (statuses.COMPLETED, statuses.PARTIAL_COMPLETE, statuses.RUNNING, *reversed(_WORST_FIRST))


def combined_status(values: Iterable[str], *, is_over: bool = False) -> str:
    """One status for several clones: what still moves wins, then what went wrong, then what is done.

    ``is_over`` says that the run has ended, so that clones which still wait will not get their turn.
    """
    found = dict.fromkeys(values)
    if len(found) == 1:
        return next(iter(found))
    if statuses.RUNNING in found:
        return statuses.RUNNING
    has_delivered = not _DELIVERED.isdisjoint(found)
    if not is_over and not _PENDING.isdisjoint(found):
        # Some clones are through and others wait: the step as a whole is under way.
        return statuses.RUNNING if has_delivered else statuses.QUEUED
    unknown = [value for value in found if value not in statuses.NODE_STATUSES]
    if unknown:
        return unknown[0]
    return statuses.PARTIAL_COMPLETE if has_delivered else next(value for value in _WORST_FIRST if value in found)


def group_nodes(
    graph: Graph,
    ignored: Sequence[str],
    nodes: Sequence[RunNode],
    outputs: Sequence[Output],
    run: Run,
) -> tuple[NodeGroup, ...]:
    """Template nodes along the flow, then those the template does not know, then what nobody claims."""
    clones: dict[str, list[RunNode]] = defaultdict(list)
    renders: dict[str, list[Output]] = defaultdict(list)
    for node in nodes:
        clones[node.original_node_id or UNASSIGNED].append(node)
    for output in outputs:
        renders[output.original_node_id or UNASSIGNED].append(output)
    told = _told(run.errors)
    runtime = runtime_graph(graph, ignored)
    keys = [node.id for node in graph.ordered if node.id in runtime.by_id or node.id in clones or node.id in renders]
    keys += [key for key in dict.fromkeys([*clones, *renders]) if key not in graph.by_id]
    silent = statuses.NODE_STATUSES[statuses.NOT_STARTED] if nodes else NO_NEWS
    groups = []
    for key in keys:
        status = _status(clones[key], renders[key], silent, is_over=run.is_terminal)
        name = graph.names.get(key) or _foreign_name(key, clones[key])
        known = graph.by_id.get(key)
        is_source = known is not None and (known.is_input or not runtime.predecessors.get(key))
        group = NodeGroup(key, name, status, is_source=is_source, is_listed=bool(known or clones[key]))
        groups.append(_filled(group, clones[key], renders[key], told.get(key, ())))
    bypassed = [node for node in graph.ordered if node.id in set(ignored) and node.id not in keys]
    return (*groups, *(_bypassed(node, graph) for node in bypassed))


def errors_of_the_run(errors: Sequence[dict[str, Any]], groups: Sequence[NodeGroup]) -> tuple[str, ...]:
    """Error texts that no node on the page shows."""
    shown = {complaint.text for group in groups for complaint in group.complaints}
    told = [text for texts in _told(errors).values() for text in texts]
    return tuple(dict.fromkeys(text for text in told if text not in shown))


def _status(rows: Sequence[RunNode], outputs: Sequence[Output], silent: Status, *, is_over: bool) -> Status:
    if rows:
        return statuses.node_status(combined_status([row.status for row in rows], is_over=is_over))
    # No runtime node, yet a render: whoever made it is through.
    return statuses.NODE_STATUSES[statuses.COMPLETED] if outputs else silent


def _foreign_name(key: str, rows: Sequence[RunNode]) -> str:
    """What to call a node that the known template does not have."""
    return "Unassigned" if key == UNASSIGNED else next((row.type_name for row in rows if row.type_name), "Unknown node")


def _filled(group: NodeGroup, rows: Sequence[RunNode], outputs: Sequence[Output], told: Sequence[str]) -> NodeGroup:
    counts = Counter(row.status for row in rows)
    order = sorted(counts, key=lambda value: _TALLY_ORDER.index(value) if value in _TALLY_ORDER else len(_TALLY_ORDER))
    messages = list(dict.fromkeys(row.status_message for row in rows if row.status_message))
    complaints = _complaints(rows, told)
    # Services repeat the error in the message; once is enough.
    repeated = {complaint.text for complaint in complaints}
    return replace(
        group,
        clones=tuple(_clone(row, number) for number, row in enumerate(rows, 1)),
        tally=tuple((statuses.node_status(value), counts[value]) for value in order),
        complaints=complaints,
        message=messages[0] if len(messages) == 1 and messages[0] not in repeated else "",
        needs_credits=any(row.needs_credits for row in rows),
        outputs=tuple(outputs),
    )


def _bypassed(node: GraphNode, graph: Graph) -> NodeGroup:
    return NodeGroup(node.id, graph.names[node.id], statuses.NODE_STATUSES[statuses.NOT_STARTED], is_bypassed=True)


def _clone(row: RunNode, number: int) -> Clone:
    seconds = None
    if row.running_seen_at and row.finished_seen_at:
        seconds = max(0.0, (row.finished_seen_at - row.running_seen_at).total_seconds())
    return Clone(
        remote_id=row.remote_id,
        number=number,
        status=statuses.node_status(row.status),
        message=row.status_message,
        errors=tuple(str(text) for text in row.errors or ()),
        needs_credits=row.needs_credits,
        seconds=seconds,
    )


def _complaints(rows: Sequence[RunNode], told: Sequence[str]) -> tuple[Complaint, ...]:
    counts = Counter(str(text) for row in rows for text in row.errors or ())
    for text in told:
        counts.setdefault(text, 1)
    return tuple(Complaint(text, count) for text, count in counts.items())


def _told(errors: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """The run's own list of errors by template node; whatever has another shape is left out."""
    found: dict[str, list[str]] = defaultdict(list)
    for entry in errors or ():
        if isinstance(entry, dict):
            found[str(entry.get("original_node_id") or UNASSIGNED)] += [str(m) for m in entry.get("messages") or ()]
    return found
