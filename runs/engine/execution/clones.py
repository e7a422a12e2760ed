"""From a template to the clones a run consists of: pure values, no rows.

A *branch* names what a clone works on: ``<source node>/<n>`` for the n-th source of an input, and below a fan-out
one more part per clip, ``/<mark of the fan-out node>.<clip>``. The mark keeps the clips of two parallel fan-outs
apart, so that a clone's incoming edges are complete the moment it is made.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Edge = tuple[UUID, UUID]
Node = TypeVar("Node")


class Clone(NamedTuple):
    """One clone: which template node, and for which branch."""

    original: UUID
    branch: str


@dataclass(frozen=True, slots=True)
class Unfolded:
    """All clones in an order in which every clone comes after those it waits for; edges with the render to take.

    The value of an edge is the index of the render (clip) that the target takes, or None for all of them.
    """

    clones: tuple[Clone, ...]
    edges: Mapping[tuple[Clone, Clone], int | None]


def bypass(edges: Collection[Edge], ignored: Collection[UUID]) -> set[Edge]:
    """The edges that remain when ``ignored`` nodes are taken out and every predecessor is joined to every successor.

    Transitive: a chain of ignored nodes is passed in one go. Joins that exist twice are one.
    """
    successors = _successors(edges)
    gone = set(ignored)

    def beyond(node: UUID) -> set[UUID]:
        found: set[UUID] = set()
        seen: set[UUID] = set()
        waiting = list(successors.get(node, ()))
        while waiting:
            here = waiting.pop()
            if here not in gone:
                found.add(here)
            elif here not in seen:
                seen.add(here)
                waiting.extend(successors.get(here, ()))
        return found

    return {(node, target) for node in successors if node not in gone for target in beyond(node)}


def has_circle(nodes: Iterable[UUID], edges: Collection[Edge]) -> bool:
    """Whether some node would wait for itself."""
    try:
        _ordered(nodes, edges)
    except CycleError:
        return True
    return False


def descendants(edges: Iterable[tuple[Node, Node]], starts: Iterable[Node]) -> set[Node]:
    """Every node that comes after one of ``starts``."""
    after = _successors(edges)
    found: set[Node] = set()
    waiting = list(starts)
    while waiting:
        for target in after.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def unfold(
    edges: Collection[Edge],
    roots: Mapping[UUID, Sequence[str]],
    fans_out: Collection[UUID],
    clips: Mapping[Clone, int],
) -> Unfolded:
    """Clone every node once for each branch that reaches it.

    ``roots`` are the nodes without predecessors and the branches that start there. ``clips`` says how many renders a
    finished fan-out made; one that has not finished, or made none, stands for one clip to come.
    """
    predecessors: dict[UUID, set[UUID]] = {}
    for source, target in edges:
        predecessors.setdefault(target, set()).add(source)
    made: dict[UUID, dict[str, None]] = {}
    joined: dict[tuple[Clone, Clone], int | None] = {}
    order = _ordered(roots, edges)
    place = {node: number for number, node in enumerate(order)}
    for node in order:
        branches = dict.fromkeys(roots.get(node, ()))
        for source in sorted(predecessors.get(node, ()), key=place.__getitem__):
            for came in made[source]:
                clone = Clone(source, came)
                for branch, clip in _leaving(clone, source in fans_out, clips):
                    branches[branch] = None
                    joined[clone, Clone(node, branch)] = clip
        made[node] = branches
    return Unfolded(tuple(Clone(node, branch) for node in order for branch in made[node]), joined)


def _leaving(clone: Clone, fans_out: bool, clips: Mapping[Clone, int]) -> list[tuple[str, int | None]]:
    """The branches that go on below a clone, and which of its renders each takes."""
    if not fans_out:
        return [(clone.branch, None)]
    mark = hashlib.blake2s(clone.original.bytes, digest_size=4).hexdigest()
    return [(f"{clone.branch}/{mark}.{clip}", clip) for clip in range(max(1, clips.get(clone, 1)))]


def _ordered(nodes: Iterable[UUID], edges: Collection[Edge]) -> list[UUID]:
    sorter: TopologicalSorter[UUID] = TopologicalSorter(dict.fromkeys(sorted(nodes), ()))
    for source, target in sorted(edges):
        sorter.add(target, source)
    return list(sorter.static_order())


def _successors(edges: Iterable[tuple[Node, Node]]) -> dict[Node, list[Node]]:
    found: dict[Node, list[Node]] = {}
    for source, target in edges:
        found.setdefault(source, []).append(target)
    return found
