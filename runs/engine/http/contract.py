"""Checking the body of ``POST /agent/{agent_id}/run`` (Mosaic's "Run Agent" page) before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from jsonschema import Draft202012Validator

from runs.engine.execution.clones import bypass, has_circle
from runs.engine.execution.ledger import type_name
from runs.engine.execution.start import Plan, PlannedNode
from runs.engine.http import parameters
from runs.engine.http.inputs import is_link, read_sources
from runs.engine.http.refusals import invalid
from runs.engine.models import EngineAgent, TemplateEdge, TemplateNode
from runs.engine.nodes.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jsonschema import ValidationError

_ID = {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}
_SOURCES: dict[str, Any] = {
    "video_ids": {"type": "array", "items": _ID},
    "node_render_ids": {"type": "array", "items": _ID},
    "video_urls": {"type": "array", "items": {"type": "string", "maxLength": 2000}},
    "mimir_assets": {"type": "array", "items": {"type": "object"}},
    "input_clip_start_ms": {"type": ["integer", "null"], "minimum": 0},
    "input_clip_end_ms": {"type": ["integer", "null"], "minimum": 1},
}
_BODY = Draft202012Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **_SOURCES,
            "video_inputs": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["agent_node_id"],
                    "properties": {"agent_node_id": _ID, **_SOURCES},
                },
            },
            "callback_url": {"type": ["string", "null"], "maxLength": 2000},
            "update_params": {"type": "object", "additionalProperties": {"type": "object"}},
            "ignore_nodes": {"type": "array", "items": _ID},
        },
    }
)
_TYPE_WORDS = {"array": "a list", "object": "an object", "string": "text", "integer": "a whole number"}


def plan_run(agent: EngineAgent, body: Mapping[str, Any]) -> Plan:
    """What the run will do; raises 400 or 422 with a sentence that names the node and the key it is about."""
    _check_shape(body)
    template = list(TemplateNode.objects.filter(agent=agent))
    edges = set(TemplateEdge.objects.filter(agent=agent).values_list("source_id", "target_id"))
    ignored = _ignored(template, edges, body)
    runnable = [node for node in template if node.id not in ignored]
    joined = bypass(edges, ignored)
    overrides = _overrides(template, ignored, body)
    nodes = [
        PlannedNode(node.id, node.node_type_id, {**node.params, **overrides.get(node.id, {})}, node.position)
        for node in runnable
    ]
    _check_runnable(nodes, joined)
    return Plan(
        agent=agent,
        nodes=nodes,
        edges=frozenset(joined),
        sources=read_sources(nodes, body),
        body=body,
        callback_url=_callback(body),
    )


def describe(node: TemplateNode | PlannedNode) -> str:
    """The node as sentences name it: id and type."""
    return f"Node {node.id} ({type_name(node.node_type_id)})"


def _ignored(template: Sequence[TemplateNode], edges: set[tuple[UUID, UUID]], body: Mapping[str, Any]) -> set[UUID]:
    by_id = {node.id: node for node in template}
    fed = {target for _, target in edges}
    ignored = {UUID(text) for text in body.get("ignore_nodes", ())}
    for node_id in sorted(ignored):
        if node_id not in by_id:
            raise invalid(f"ignore_nodes: node {node_id} is not part of this agent.")
        kind = CATALOGUE.get(by_id[node_id].node_type_id)
        if kind and (kind.is_source or (kind.is_generation and node_id not in fed)):
            raise invalid(f"ignore_nodes: {describe(by_id[node_id])} is a source and cannot be ignored.")
    return ignored


def _overrides(
    template: Sequence[TemplateNode], ignored: set[UUID], body: Mapping[str, Any]
) -> dict[UUID, Mapping[str, Any]]:
    by_id = {str(node.id): node for node in template}
    found = {}
    for text, params in body.get("update_params", {}).items():
        node = by_id.get(text.lower())
        if node is None:
            raise invalid(f"update_params: node {text} is not part of this agent.")
        if node.id in ignored:
            raise invalid(f"update_params: {describe(node)} is ignored in this run.")
        kind = CATALOGUE.get(node.node_type_id)
        if kind is not None:
            parameters.check(kind, params, f"update_params: {describe(node)}")
        found[node.id] = params
    return found


def _check_runnable(nodes: Sequence[PlannedNode], edges: set[tuple[UUID, UUID]]) -> None:
    fed = {target for _, target in edges}
    if has_circle([node.id for node in nodes], edges):
        raise invalid("The agent's graph has a circle, so it cannot run.")
    if all(node.is_source for node in nodes):
        raise invalid("Nothing is left to run: there is no node besides the sources.")
    if not any(node.is_source or (node.is_generation and node.id not in fed) for node in nodes):
        raise invalid("No source is left: a run needs a Video Input or a generation node to start from.")


def _callback(body: Mapping[str, Any]) -> str:
    text = body.get("callback_url") or ""
    if text and not is_link(text):
        raise invalid("callback_url: must be an address that starts with http:// or https://.")
    return text


def _check_shape(body: Mapping[str, Any]) -> None:
    errors = sorted(_BODY.iter_errors(body), key=lambda error: [str(part) for part in error.absolute_path])
    if errors:
        raise invalid(_sentence(errors[0]))


def _sentence(error: ValidationError) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")
    prefix = f"{where}: " if where else ""
    schema: Any = error.schema
    expected: Any = error.validator_value
    value: Any = error.instance
    match error.validator:
        case "additionalProperties":
            known = set(schema.get("properties", {}))
            extra = sorted(set(value) - known)
            return f"{prefix}unknown field {', '.join(map(repr, extra))}."
        case "required":
            missing = [name for name in expected if name not in value]
            return f"{prefix}the field {missing[0]!r} is missing."
        case "type":
            kinds = expected if isinstance(expected, list) else [expected]
            return f"{prefix}must be {_TYPE_WORDS[kinds[0]]}."
        case "pattern":
            return f"{prefix}must be an id (UUID)."
        case "maxLength":
            return f"{prefix}is longer than {expected} characters."
        case _:
            return f"{prefix}{error.message}."
