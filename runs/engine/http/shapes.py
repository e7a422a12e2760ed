"""Rows as the API shows them. Field names and types are those of Mosaic's endpoint pages."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from runs.engine.http import media
from runs.engine.models import Asset, Render, RuntimeNode
from runs.engine.nodes.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from runs.engine.models import EngineAgent, EngineRun, TemplateNode

DOCS = "https://docs.mosaic.so/tiles/"
# How node statuses fold into the three numbers of node_status_counts; cancelled nodes are in none of them.
FOLD = {
    "completed": "completed",
    "partial_complete": "completed",
    "running": "in_progress",
    "queued": "in_progress",
    "not_started": "in_progress",
    "failed": "failed",
    "blocked": "failed",
}


def time_text(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds and a ``Z``."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def node_type(type_id: str) -> dict[str, Any]:
    """The four fields of "Get Node Type"."""
    kind = CATALOGUE.get(type_id)
    page = f"{DOCS}{kind.slug}" if kind and kind.slug else None
    return {
        "node_type_id": type_id,
        "node_type_name": kind.name if kind else None,
        "docs_url": page,
        "params_docs_url": f"{page}#api-info" if kind and page and kind.params else None,
    }


def agent_summary(agent: EngineAgent) -> dict[str, Any]:
    """One entry of "Get Agents"."""
    return {
        "id": str(agent.pk),
        "name": agent.name,
        "description": agent.description,
        "created_at": time_text(agent.created_at),
        "updated_at": time_text(agent.updated_at),
    }


def agent_node(node: TemplateNode) -> dict[str, Any]:
    """A node of a template."""
    return {
        "agent_node_id": str(node.pk),
        "node_type": node_type(node.node_type_id),
        "params_used": node.params,
    }


def agent_whole(agent: EngineAgent) -> dict[str, Any]:
    """ "Get Agent"."""
    edges = agent.edges.order_by("pk").values_list("source_id", "target_id")
    return {
        "agent": {**agent_summary(agent), "visibility": agent.visibility},
        "agent_nodes": [agent_node(node) for node in agent.nodes.all()],
        "connections": [
            {"source_agent_node_id": str(source), "target_agent_node_id": str(target)} for source, target in edges
        ],
    }


def run_nodes(run: EngineRun) -> dict[str, Any]:
    """ "Get Agent Run Nodes"."""
    return {
        "run_id": str(run.pk),
        "nodes": [
            {
                "agent_node_id": str(node.pk),
                "original_node_id": str(node.original_node_id),
                "status": node.status,
                "status_message": node.status_message or None,
                "errors": node.errors,
                "node_type": node_type(node.node_type_id),
                "needs_credits": node.needs_credits,
            }
            for node in run.nodes.all()
        ],
    }


def run_whole(run: EngineRun) -> dict[str, Any]:
    """ "Get Agent Run"."""
    grouped: dict[str, list[str]] = {}
    for original, errors in run.nodes.exclude(errors=[]).values_list("original_node_id", "errors"):
        messages = grouped.setdefault(str(original), [])
        messages.extend(message for message in errors if message not in messages)
    return {
        "agent_id": str(run.agent_id),
        "started_at": time_text(run.created_at),
        "status": run.status,
        "status_message": run.status_message or None,
        "needs_credits": run.nodes.filter(needs_credits=True).exists(),
        "errors": [{"original_node_id": original, "messages": messages} for original, messages in grouped.items()],
        **_results([run])[run.pk],
    }


def run_summaries(runs: Sequence[EngineRun]) -> list[dict[str, Any]]:
    """Entries of "Get Agent Runs": without needs_credits and errors, as there."""
    results = _results(runs)
    return [
        {
            "run_id": str(run.pk),
            "agent_id": str(run.agent_id),
            "status": run.status,
            "status_message": run.status_message or None,
            "started_at": time_text(run.created_at),
            "updated_at": time_text(run.updated_at),
            **results[run.pk],
            "triggered_by": None,
        }
        for run in runs
    ]


def _results(runs: Sequence[EngineRun]) -> dict[UUID, dict[str, Any]]:
    """Counts, inputs and outputs of each run, in a fixed number of queries."""
    ids = [run.pk for run in runs]
    counts: dict[UUID, dict[str, int]] = {run_id: {"completed": 0, "in_progress": 0, "failed": 0} for run_id in ids}
    by_status = RuntimeNode.objects.filter(run__in=ids).order_by().values_list("run_id", "status")
    for run_id, status, number in by_status.annotate(number=Count("pk")):
        if status in FOLD:
            counts[run_id][FOLD[status]] += number
    outputs: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    renders = Render.objects.filter(node__run__in=ids, node__is_leaf=True).select_related("node")
    for render in renders.order_by("completed_at", "node__position", "node__branch", "index"):
        outputs[render.node.run_id].append(_output(render))
    inputs = _inputs(ids)
    return {
        run_id: {"node_status_counts": counts[run_id], "inputs": inputs[run_id], "outputs": outputs[run_id]}
        for run_id in ids
    }


def _output(render: Render) -> dict[str, Any]:
    return {
        "id": str(render.pk),
        "video_url": media.video_url(render),
        "thumbnail_url": media.thumbnail_url(render),
        "premiere_prproj_url": None,
        "completed_at": time_text(render.completed_at),
        "original_node_id": str(render.node.original_node_id),
    }


def _inputs(run_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """What each run's Video Inputs brought in: their own renders, or the known video they were given by id."""
    nodes = list(RuntimeNode.objects.filter(run__in=run_ids, source__isnull=False).prefetch_related("renders"))
    sources = [node.source or {} for node in nodes]
    assets = Asset.objects.in_bulk([source["video_id"] for source in sources if "video_id" in source])
    renders = Render.objects.in_bulk([source["node_render_id"] for source in sources if "node_render_id" in source])
    known: dict[str, Asset | Render] = {str(key): item for found in (assets, renders) for key, item in found.items()}
    inputs: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for node in sorted(nodes, key=lambda node: (node.position, _source_number(node.branch))):
        source = node.source or {}
        given = known.get(source.get("video_id") or source.get("node_render_id") or "")
        item: Asset | Render | None = next(iter(node.renders.all()), None) or given
        if item is not None:
            inputs[node.run_id].append({"video_url": media.video_url(item), "thumbnail_url": media.thumbnail_url(item)})
    return inputs


def _source_number(branch: str) -> int:
    return int(branch.rpartition("/")[2])
