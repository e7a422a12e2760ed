"""Runs as the remote describes them (the pages under "Agent Runs": run, get, nodes, list, resume, cancel)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runs.client import reading
from runs.client.payloads.agents import NodeType
from runs.client.reading import Json


@dataclass(frozen=True, slots=True)
class StartedRun:
    """The answer to a start; an empty ``run_id`` means that the answer did not name the run."""

    run_id: str

    @classmethod
    def parse(cls, data: Json) -> StartedRun:
        """From ``POST /agent/<id>/run``; the id's older names are accepted."""
        return cls(reading.text(data, "run_id", "agent_run_id", "agent_state_id", "id"))


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """Runtime nodes in the three buckets of the API; they need not add up to the number of nodes."""

    completed: int = 0
    in_progress: int = 0
    failed: int = 0

    @classmethod
    def parse(cls, data: Json) -> NodeCounts | None:
        """From an object that holds ``node_status_counts``; None when it is missing."""
        if not isinstance(data.get("node_status_counts"), dict):
            return None
        counts = reading.mapping(data, "node_status_counts")
        return cls(
            reading.count(counts, "completed"), reading.count(counts, "in_progress"), reading.count(counts, "failed")
        )


@dataclass(frozen=True, slots=True)
class RunError:
    """Messages grouped by template node; None where the remote names no node."""

    original_node_id: str | None
    messages: tuple[str, ...]

    @classmethod
    def parse_all(cls, data: Json) -> tuple[RunError, ...]:
        """From ``errors``: objects (today), or plain strings, or one string (seen in clients)."""
        found = data.get("errors")
        if isinstance(found, str) and found:
            return (cls(None, (found,)),)
        return tuple(cls._parse_some(found)) if isinstance(found, list) else ()

    @classmethod
    def _parse_some(cls, items: list[Any]) -> Iterator[RunError]:
        for item in items:
            if isinstance(item, dict):
                messages = reading.texts(item, "messages") or reading.texts(item, "message")
                yield cls(reading.optional_text(item, "original_node_id"), messages)
            elif item is not None:
                yield cls(None, (str(item),))


@dataclass(frozen=True, slots=True)
class RunInput:
    """A source video; both addresses are signed and change on each read."""

    video_url: str
    thumbnail_url: str = ""


@dataclass(frozen=True, slots=True)
class RunOutput:
    """A render. Key on ``id``: the addresses are signed and change on each read."""

    id: str
    video_url: str = ""
    thumbnail_url: str = ""
    premiere_url: str = ""
    completed_at: datetime | None = None
    original_node_id: str | None = None

    @classmethod
    def parse(cls, data: Json) -> RunOutput:
        """From an entry of ``outputs``."""
        return cls(
            id=reading.text(data, "id", "node_render_id"),
            video_url=reading.text(data, "video_url", "output_url"),
            thumbnail_url=reading.text(data, "thumbnail_url"),
            premiere_url=reading.text(data, "premiere_prproj_url"),
            completed_at=reading.moment(data, "completed_at"),
            original_node_id=reading.optional_text(data, "original_node_id"),
        )


@dataclass(frozen=True, slots=True)
class RunDetail:
    """One run in full. ``status`` is '' when the answer had none; ``counts``, ``inputs``, ``outputs`` None likewise."""

    agent_id: str
    status: str
    status_message: str
    needs_credits: bool
    errors: tuple[RunError, ...]
    counts: NodeCounts | None
    inputs: tuple[RunInput, ...] | None
    outputs: tuple[RunOutput, ...] | None
    started_at: datetime | None
    triggered_by: dict[str, Any] | None = None

    @classmethod
    def parse(cls, data: Json) -> RunDetail:
        """From ``GET /agent_run/<id>``; ``needsCredits`` is accepted as well."""
        return cls(
            agent_id=reading.text(data, "agent_id"),
            status=reading.text(data, "status"),
            status_message=reading.text(data, "status_message"),
            needs_credits=reading.flag(data, "needs_credits", "needsCredits"),
            errors=RunError.parse_all(data),
            counts=NodeCounts.parse(data),
            inputs=_inputs(data),
            outputs=_outputs(data),
            started_at=reading.moment(data, "started_at", "created_at"),
            triggered_by=dict(reading.mapping(data, "triggered_by")) or None,
        )


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in a list: without ``errors`` and ``needs_credits``, which only the run itself tells."""

    run_id: str
    agent_id: str
    status: str
    status_message: str
    counts: NodeCounts | None
    inputs: tuple[RunInput, ...] | None
    outputs: tuple[RunOutput, ...] | None
    started_at: datetime | None
    updated_at: datetime | None
    triggered_by: dict[str, Any] | None

    @classmethod
    def parse(cls, data: Json) -> RunSummary:
        """From an entry of ``runs``."""
        return cls(
            run_id=reading.text(data, "run_id", "agent_run_id", "id"),
            agent_id=reading.text(data, "agent_id"),
            status=reading.text(data, "status"),
            status_message=reading.text(data, "status_message"),
            counts=NodeCounts.parse(data),
            inputs=_inputs(data),
            outputs=_outputs(data),
            started_at=reading.moment(data, "started_at", "created_at"),
            updated_at=reading.moment(data, "updated_at"),
            triggered_by=dict(reading.mapping(data, "triggered_by")) or None,
        )


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of runs."""

    runs: tuple[RunSummary, ...]
    next_cursor: str | None

    @classmethod
    def parse(cls, data: Json) -> RunPage:
        """From ``GET /agent_runs`` or ``GET /agent/<id>/runs``; entries without an id are passed over."""
        runs = (RunSummary.parse(item) for item in reading.objects(data, "runs", "agent_runs"))
        return cls(tuple(run for run in runs if run.run_id), reading.optional_text(data, "next_cursor"))


@dataclass(frozen=True, slots=True)
class RuntimeNode:
    """A clone of a template node inside one run."""

    id: str
    original_node_id: str | None
    status: str
    status_message: str
    errors: tuple[str, ...]
    type: NodeType
    needs_credits: bool

    @classmethod
    def parse_all(cls, data: Json) -> tuple[RuntimeNode, ...]:
        """From ``GET /agent_run/<id>/nodes``, in the order given; nodes without an id are passed over."""
        nodes = (cls._parse(item) for item in reading.objects(data, "nodes", "agent_nodes"))
        return tuple(node for node in nodes if node.id)

    @classmethod
    def _parse(cls, data: Json) -> RuntimeNode:
        return cls(
            id=reading.text(data, "agent_node_id", "id"),
            original_node_id=reading.optional_text(data, "original_node_id"),
            status=reading.text(data, "status"),
            status_message=reading.text(data, "status_message"),
            errors=reading.texts(data, "errors"),
            type=NodeType.parse(reading.mapping(data, "node_type") or data),
            needs_credits=reading.flag(data, "needs_credits", "needsCredits"),
        )


@dataclass(frozen=True, slots=True)
class ResumeResult:
    """What a resume counted; None where the answer did not say."""

    nodes_queued: int | None
    nodes_considered: int | None
    requeued_nodes: int | None = None

    @classmethod
    def parse(cls, data: Json) -> ResumeResult:
        """From ``POST /agent_run/<id>/resume``."""
        counted = ("nodes_queued", "nodes_considered", "requeued_nodes")
        return cls(*(_count_or_none(data, name) for name in counted))

    @property
    def nodes_again(self) -> int | None:
        """How many nodes start over: those ready at once (``nodes_queued``) and those that wait for them."""
        return self.nodes_queued if self.requeued_nodes is None else self.requeued_nodes


@dataclass(frozen=True, slots=True)
class CancelResult:
    """What a cancel stopped; None where the answer did not say."""

    tasks_cancelled: int | None
    nodes_reset: int | None
    message: str

    @classmethod
    def parse(cls, data: Json) -> CancelResult:
        """From ``POST /agent_run/<id>/cancel``."""
        return cls(
            _count_or_none(data, "tasks_cancelled"), _count_or_none(data, "nodes_reset"), reading.text(data, "message")
        )


def _count_or_none(data: Json, name: str) -> int | None:
    return None if reading.number(data, name) is None else reading.count(data, name)


def _inputs(data: Json) -> tuple[RunInput, ...] | None:
    if not isinstance(data.get("inputs"), list):
        return None
    return tuple(
        RunInput(reading.text(item, "video_url"), reading.text(item, "thumbnail_url"))
        for item in reading.objects(data, "inputs")
    )


def _outputs(data: Json) -> tuple[RunOutput, ...] | None:
    if not isinstance(data.get("outputs"), list):
        return None
    outputs = (RunOutput.parse(item) for item in reading.objects(data, "outputs"))
    return tuple(output for output in outputs if output.id)
