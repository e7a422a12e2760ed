"""What a new run's form is filled with: an earlier run, a finished clip, the sample, or nothing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runs import access, gateway
from runs.graph import Graph
from runs.models import Agent, Output
from runs.payload import Sources, dumps, from_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.http import HttpRequest

    from runs.models import Run

# What build() knows how to send; anything else in a stored body came from somewhere else.
KNOWN_KEYS = {"video_inputs", "video_ids", "video_urls", "node_render_ids", "ignore_nodes", "update_params"}


@dataclass
class Start:
    """``initial`` fills the form; ``lost`` says what had no place to go."""

    initial: dict[str, Any] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    like: Run | None = None
    sample_url: str = ""


def start_from(request: HttpRequest, agent: Agent, graph: Graph) -> Start:
    """Read ``?like=`` and ``?use=``; the sample fills a Video Input that nothing else fills."""
    start = Start(sample_url=gateway.sample_url(agent.connection))
    if "like" in request.GET:
        _fill_like(start, request, agent, graph)
    if "use" in request.GET:
        _fill_clip(start, request, agent, graph)
    if start.sample_url and start.like is None:
        for node in graph.inputs:
            if not start.initial.get(f"node_render_ids-{node.id}"):
                start.initial[f"video_urls-{node.id}"] = start.sample_url
    return start


def clips_in(agent: Agent, render_ids: Iterable[str]) -> dict[str, Output]:
    """The finished clips of this agent's connection that we know, by render id."""
    wanted = set(render_ids)
    if not wanted:
        return {}
    found = Output.objects.filter(remote_id__in=wanted, run__connection=agent.connection)
    return {output.remote_id: output for output in found.select_related("run__agent", "run__agent_version")}


def foreign_clips(agent: Agent, inputs: Mapping[str, Sources]) -> list[tuple[str, str]]:
    """``(node id, sentence)`` for clips of other connections: nothing of one connection goes to another."""
    wanted = {render_id: node_id for node_id, sources in inputs.items() for render_id in sources.node_render_ids}
    if not wanted:
        return []
    known = Output.objects.filter(remote_id__in=wanted).select_related("run__connection")
    ours = {output.remote_id for output in known if output.run.connection_id == agent.connection_id}
    return [
        (
            wanted[output.remote_id],
            f"The clip {output.remote_id} belongs to {output.run.connection}. Use one of this connection.",
        )
        for output in known
        if output.remote_id not in ours
    ]


def is_uuid(text: str) -> uuid.UUID | None:
    """The id, or None."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _fill_like(start: Start, request: HttpRequest, agent: Agent, graph: Graph) -> None:
    pk = is_uuid(request.GET["like"])
    runs = access.runs_for(request.user).select_related("agent_version")
    run = runs.filter(pk=pk, agent=agent).first() if pk else None
    if run is None or run.body is None:
        start.lost.append("The settings of that run are not known for this agent, so the form starts empty.")
        return
    start.like = run
    names = Graph.from_json(run.agent_version.graph).names if run.agent_version else {}
    _fill_body(start, run.body, graph, names)


def _fill_body(start: Start, body: Mapping[str, Any], graph: Graph, old_names: Mapping[str, str]) -> None:
    """Put each part of a stored body into its field; what has none any more is listed in words."""
    stored = from_body(body)
    inputs = dict(stored.inputs)
    if stored.shorthand and len(graph.inputs) == 1:
        inputs[graph.inputs[0].id] = stored.shorthand
    elif stored.shorthand:
        inputs[""] = stored.shorthand
    for node_id, sources in inputs.items():
        node = graph.by_id.get(node_id)
        if node and node.is_input:
            start.initial[f"video_urls-{node_id}"] = "\n".join(sources.video_urls)
            start.initial[f"node_render_ids-{node_id}"] = "\n".join(sources.node_render_ids)
            if sources.video_ids:
                start.lost.append(f"Uploaded videos of {graph.names[node_id]}: {', '.join(sources.video_ids)}")
        else:
            start.lost.append(f"Videos of {old_names.get(node_id, 'the only Video Input')}: {_listed(sources)}")
    start.initial["ignore_nodes"] = [node_id for node_id in stored.ignore_nodes if node_id in graph.by_id]
    gone = [node_id for node_id in stored.ignore_nodes if node_id not in graph.by_id]
    start.lost += [f"Bypass of {old_names.get(node_id, node_id)}" for node_id in gone]
    for node_id, values in stored.update_params.items():
        if node_id in graph.by_id:
            start.initial[f"params-{node_id}"] = dumps(values)
        else:
            start.lost.append(f"Parameters of {old_names.get(node_id, node_id)}: {dumps(values)}")
    start.lost += [f"{key}: {dumps({key: body[key]})}" for key in body if key not in KNOWN_KEYS]


def _fill_clip(start: Start, request: HttpRequest, agent: Agent, graph: Graph) -> None:
    pk = is_uuid(request.GET["use"])
    output = Output.objects.select_related("run__connection").filter(pk=pk).first() if pk else None
    if output is None:
        start.lost.append("That clip is not there any more.")
    elif output.run.connection_id != agent.connection_id:
        start.lost.append(
            f"That clip belongs to {output.run.connection}; only agents of that connection can take it as an input."
        )
    elif not graph.inputs:
        start.lost.append("This agent has no Video Input, so it cannot take a clip.")
    else:
        start.initial[f"node_render_ids-{graph.inputs[0].id}"] = output.remote_id


def _listed(sources: Sources) -> str:
    return ", ".join((*sources.video_urls, *sources.node_render_ids, *sources.video_ids))
