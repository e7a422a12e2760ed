"""Reading what a run works on: the sources of each Video Input (Mosaic's "Run Agent" page, ``video_inputs``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from runs.engine.http.refusals import invalid
from runs.engine.models import Asset, Render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from runs.engine.execution.start import PlannedNode

# Field of the request → key of the source that the node is handed.
KINDS = {"video_ids": "video_id", "node_render_ids": "node_render_id", "video_urls": "video_url"}
SHORTHAND = (*KINDS, "mimir_assets")
RANGE = ("input_clip_start_ms", "input_clip_end_ms")


def read_sources(nodes: Sequence[PlannedNode], body: Mapping[str, Any]) -> dict[UUID, list[dict[str, Any]]]:
    """The sources of each runnable Video Input, in order; raises 400 when they do not fit the graph."""
    inputs = [node.id for node in nodes if node.is_source]
    shorthand = [name for name in SHORTHAND if body.get(name)]
    entries = body.get("video_inputs") or []
    if not inputs:
        if shorthand or entries:
            raise invalid("This agent has no Video Input: it starts from a generation node and takes no videos.")
        return {}
    if shorthand and entries:
        raise invalid(f"{shorthand[0]} cannot be combined with video_inputs.")
    if shorthand and len(inputs) > 1:
        raise invalid(
            f"{shorthand[0]} is allowed only with one Video Input; this run has {len(inputs)}. Use video_inputs."
        )
    if not entries:
        if len(inputs) > 1:
            raise invalid(f"video_inputs is missing: it needs one entry for each of the {len(inputs)} Video Inputs.")
        return {inputs[0]: _sources(body, "The request")}
    # A range beside video_inputs is meant for every entry that has none of its own.
    common = {name: body[name] for name in RANGE if body.get(name) is not None}
    return _by_entry(inputs, [{**common, **entry} for entry in entries])


def is_link(text: str) -> bool:
    """Whether this is a usable HTTP(S) address."""
    try:
        # Half a character, a lone surrogate out of JSON, can be neither stored nor sent.
        text.encode()
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not any(map(str.isspace, text))


def _by_entry(inputs: Sequence[UUID], entries: Sequence[Mapping[str, Any]]) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = {}
    for number, entry in enumerate(entries):
        node_id = UUID(entry["agent_node_id"])
        where = f"video_inputs[{number}] (node {node_id})"
        if node_id not in inputs:
            raise invalid(f"{where}: is not a Video Input of this agent.")
        if node_id in found:
            raise invalid(f"{where}: there is more than one entry for this node.")
        found[node_id] = _sources(entry, where)
    for node_id in inputs:
        if node_id not in found:
            raise invalid(f"video_inputs: the entry for Video Input {node_id} is missing.")
    return found


def _sources(entry: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    if entry.get("mimir_assets"):
        raise invalid(f"{where}: mimir_assets need a Mimir connection, and this engine has none.")
    span = _span(entry, where)
    found = [
        {KINDS[name]: str(UUID(value)) if name != "video_urls" else value, **span}
        for name in KINDS
        for value in entry.get(name) or ()
    ]
    if not found:
        raise invalid(f"{where} names no video: give video_urls, video_ids or node_render_ids.")
    for number, text in enumerate(entry.get("video_urls") or ()):
        if not is_link(text):
            raise invalid(f"{where}: video_urls[{number}] is not a link that starts with http:// or https://.")
    _check_known(Asset.objects.values_list("pk", flat=True), entry.get("video_ids"), f"{where}: video_ids")
    _check_known(Render.objects.values_list("pk", flat=True), entry.get("node_render_ids"), f"{where}: node_render_ids")
    return found


def _check_known(rows: QuerySet[Any, UUID], ids: Sequence[str] | None, where: str) -> None:
    asked = {UUID(text) for text in ids or ()}
    unknown = sorted(asked - set(rows.filter(pk__in=asked)))
    if unknown:
        raise invalid(f"{where}: there is no video with the id {unknown[0]}.")


def _span(entry: Mapping[str, Any], where: str) -> dict[str, int]:
    """The part of the source to use, in milliseconds; empty when all of it."""
    span = {name: entry[name] for name in RANGE if entry.get(name) is not None}
    start, end = span.get(RANGE[0], 0), span.get(RANGE[1])
    if end is not None and start >= end:
        raise invalid(f"{where}: input_clip_start_ms must be less than input_clip_end_ms.")
    return span
