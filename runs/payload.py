"""The body of a start: one function makes it for the preview, the request, the curl line and the record."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from runs.graph import runtime_graph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runs.graph import Graph

SOURCE_KEYS = ("video_ids", "node_render_ids", "video_urls")
HIDDEN = "…"
_LINK = re.compile(r"""\bhttps?://[^\s"'<>]+""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sources:
    """What one Video Input gets: asset ids, ids of earlier renders, links."""

    video_ids: tuple[str, ...] = ()
    node_render_ids: tuple[str, ...] = ()
    video_urls: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.video_ids) + len(self.node_render_ids) + len(self.video_urls)


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a person asks for, by template node id.

    ``shorthand`` holds the sources of a stored body that does not say which node they are for; :func:`build` gives
    them to the only Video Input.
    """

    inputs: Mapping[str, Sources] = field(default_factory=dict)
    ignore_nodes: tuple[str, ...] = ()
    update_params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    shorthand: Sources = field(default_factory=Sources)


def build(graph: Graph, request: RunRequest) -> dict[str, Any]:
    """The JSON body of ``POST /agent/{agent_id}/run`` ("Run Agent" page); only keys with something in them.

    One runnable Video Input takes the top-level shorthand, several take one ``video_inputs`` entry each, a graph
    that starts from generation takes none.
    """
    runtime = runtime_graph(graph, request.ignore_nodes)
    body: dict[str, Any] = {}
    if len(runtime.inputs) == 1:
        body |= _sources(request.inputs.get(runtime.inputs[0].id) or request.shorthand)
    elif runtime.inputs:
        entries = [(node.id, _sources(request.inputs.get(node.id) or Sources())) for node in runtime.inputs]
        body["video_inputs"] = [{"agent_node_id": node_id, **sources} for node_id, sources in entries if sources]
        if not body["video_inputs"]:
            del body["video_inputs"]
    params = {node_id: dict(values) for node_id, values in request.update_params.items() if values}
    if params:
        body["update_params"] = params
    if request.ignore_nodes:
        body["ignore_nodes"] = list(dict.fromkeys(request.ignore_nodes))
    return body


def from_body(body: Mapping[str, Any]) -> RunRequest:
    """Read a stored body back; whatever is not shaped as documented is left out."""
    entries = body.get("video_inputs")
    params = body.get("update_params")
    return RunRequest(
        inputs={
            str(entry["agent_node_id"]): _read_sources(entry)
            for entry in (entries if isinstance(entries, list) else ())
            if isinstance(entry, dict) and entry.get("agent_node_id")
        },
        ignore_nodes=_strings(body.get("ignore_nodes")),
        update_params={
            str(node_id): values
            for node_id, values in (params.items() if isinstance(params, dict) else ())
            if isinstance(values, dict) and values
        },
        shorthand=_read_sources(body),
    )


def count_inputs(body: Mapping[str, Any]) -> int:
    """How many source videos a body names."""
    request = from_body(body)
    return len(request.shorthand) + sum(len(sources) for sources in request.inputs.values())


def dumps(body: Mapping[str, Any]) -> str:
    """The body as people read it."""
    return json.dumps(body, indent=2, ensure_ascii=False)


def curl(address: str, agent_remote_id: str, body: Mapping[str, Any]) -> str:
    """A command line that sends the same body; the key stays in the environment, so the line can be passed on."""
    # Double quotes let the shell put the key in; everything else is quoted so that the shell leaves it alone.
    return " \\\n  ".join(
        (
            f"curl -X POST {shlex.quote(f'{address}/agent/{agent_remote_id}/run')}",
            '-H "Authorization: Bearer $MOSAIC_API_KEY"',
            "-H 'Content-Type: application/json'",
            f"--data-raw {shlex.quote(dumps(body))}",
        )
    )


def masked(body: object) -> Any:  # noqa: ANN401 - as deep as JSON is
    """The body with query strings, fragments and passwords of links left out: they may be keys to private videos."""
    if isinstance(body, dict):
        return {key: masked(value) for key, value in body.items()}
    if isinstance(body, list):
        return [masked(value) for value in body]
    return mask_link(body) if isinstance(body, str) else body


def mask_link(text: str) -> str:
    """One link without its secrets; any other text as it is."""
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return HIDDEN
    host = parts.netloc.rpartition("@")[2]
    query = HIDDEN if parts.query else ""
    return urlunsplit((parts.scheme, host, parts.path, query, HIDDEN if parts.fragment else ""))


def mask_text(text: str) -> str:
    """A sentence, with the links that it quotes masked: a refusal may repeat what was sent."""
    return _LINK.sub(lambda found: mask_link(found[0]), text)


def _sources(sources: Sources) -> dict[str, Any]:
    return {key: list(getattr(sources, key)) for key in SOURCE_KEYS if getattr(sources, key)}


def _read_sources(value: Mapping[str, Any]) -> Sources:
    return Sources(**{key: _strings(value.get(key)) for key in SOURCE_KEYS})


def _strings(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
