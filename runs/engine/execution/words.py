"""What the engine says to people about nodes and runs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from runs.engine.execution.ledger import type_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runs.engine.models import RuntimeNode

NOTHING_CONNECTED = "Not run: nothing is connected to it."
SOURCE_CANCELLED = "Not run: its source was cancelled, and sources are not resumed."
CANCELLED = "Cancelled with the run."


def blocked_by(node_type_id: str) -> str:
    """Why a node after a failed one was not run."""
    return f"Not run: {type_name(node_type_id)} before it failed."


def nothing_arrived(node_type_id: str) -> str:
    """Why a node after one that made no render has nothing to do."""
    return f"Not run: {type_name(node_type_id)} before it made no video."


def too_many_nodes(limit: int) -> str:
    """Why a fan-out was refused."""
    return f"This run would need more than {limit:,} nodes. Ask for fewer clips or start with fewer sources."


def cancelled(running: int, waiting: int) -> str:
    """The message of a cancelled run."""
    return f"Cancelled: {_nodes(running)} stopped while running, {_nodes(waiting)} had not started."


def closing(nodes: Sequence[RuntimeNode], has_outputs: bool) -> str:
    """One sentence about how the run ended; empty when everything went well."""
    starved = [node for node in nodes if node.needs_credits]
    failed = [node for node in nodes if node.status == "failed"]
    idle = sum(node.status == "blocked" and node.status_message == NOTHING_CONNECTED for node in nodes)
    blocked = sum(node.status == "blocked" for node in nodes) - idle
    if starved:
        several = "them" if len(starved) > 1 else "it"
        rest = f" {_nodes(blocked)} after {several} {_were(blocked)} not run." if blocked else ""
        return f"The credits are used up, so {_names(starved)} could not start.{rest} Upgrade the plan, then resume."
    if failed:
        several = "them" if len(failed) > 1 else "it"
        rest = f"; {_nodes(blocked)} after {several} {_were(blocked)} not run" if blocked else ""
        return f"{_names(failed)} failed{rest}."
    if blocked:
        return f"{_nodes(blocked)} {_were(blocked)} not run because a source before {_it(blocked)} was cancelled."
    if idle:
        return f"{_nodes(idle)} {_were(idle)} not run because nothing is connected to {_it(idle)}."
    partly = [node for node in nodes if node.status == "partial_complete"]
    if partly:
        return f"{_names(partly)} could not work on everything that came in."
    if not has_outputs:
        said = [node.status_message for node in nodes if node.status == "completed" and node.status_message]
        return said[0] if said else "The run finished without making a video."
    return ""


def _names(nodes: Sequence[RuntimeNode]) -> str:
    """Type names in the order of the graph; how often, where a type did it more than once."""
    counts = Counter(type_name(node.node_type_id) for node in sorted(nodes, key=lambda node: node.position))
    names = [name if times == 1 else f"{name} ({times} times)" for name, times in counts.items()]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _nodes(number: int) -> str:
    return "1 node" if number == 1 else f"{number} nodes"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _it(number: int) -> str:
    return "it" if number == 1 else "them"
