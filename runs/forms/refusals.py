"""Where on the form a refusal of the remote belongs. Unknown shapes are shown as they came."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


def place_refusal(
    detail: object, sentence: str, node_ids: Collection[str], sent_params: Mapping[str, Collection[str]]
) -> list[tuple[str, str]]:
    """``(node id or "", text)`` for each thing a refusal says.

    ``detail`` may be text, a list of texts, FastAPI's list of ``{"loc", "msg"}``, or any object. A part belongs to a
    node when it names the node's id, or a parameter that was sent to that node and to no other. ``sentence`` is what
    to say of a part on the whole form when there is nothing else to say.
    """
    found = []
    for place, text in _parts(detail):
        node_id = _named(f"{place} {text}", node_ids) or _owner(f"{place} {text}", sent_params)
        if node_id:
            found.append((node_id, _said(place, text, node_id)))
        else:
            found.append(("", f"{place}: {text}" if place else text))
    # One plain text that belongs nowhere keeps the words around it: who refused, and with which status.
    if not found or (len(found) == 1 and not found[0][0] and isinstance(detail, str)):
        return [("", sentence)]
    return found


def _parts(detail: object) -> Iterator[tuple[str, str]]:
    """Each thing said, with the place it names (``loc``, or the key of an object)."""
    if detail in (None, "", [], {}):
        return
    if isinstance(detail, list):
        for item in detail:
            yield from _parts(item)
    elif isinstance(detail, dict) and isinstance(detail.get("msg"), str):
        loc = detail.get("loc")
        parts = [str(part) for part in loc if part != "body"] if isinstance(loc, list) else []
        yield ".".join(parts), detail["msg"]
    elif isinstance(detail, dict) and detail and all(isinstance(value, str) for value in detail.values()):
        yield from ((str(key), value) for key, value in detail.items())
    else:
        yield "", detail if isinstance(detail, str) else json.dumps(detail, ensure_ascii=False)


def _named(text: str, node_ids: Collection[str]) -> str:
    return next((node_id for node_id in node_ids if node_id in text), "")


def _owner(text: str, sent_params: Mapping[str, Collection[str]]) -> str:
    words = set(re.findall(r"\w+", text))
    owners = [node_id for node_id, keys in sent_params.items() if words.intersection(keys)]
    return owners[0] if len(owners) == 1 else ""


def _said(place: str, text: str, node_id: str) -> str:
    """The text at its node: a place keeps only what the node does not say already."""
    rest: Any = place.rpartition(node_id)[2].strip(".") if node_id in place else place
    return f"{rest}: {text}" if rest else text
