"""Switches for tests: the next requests (or renders) that match go wrong in a chosen way.

Opened by ``MOSAIC_ENGINE_FAULTS``; what each kind looks like to a client is told in ``docs/engine-api.md``.
A fault says what happens, the transports make it so: :mod:`runs.engine.http.views` over HTTP, and
:mod:`runs.engine.http.inprocess` by raising what a socket would have given.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import F

from runs.engine.http import media
from runs.engine.http.refusals import CODES, invalid
from runs.engine.models import Fault
from runs.engine.nodes.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runs.engine.models import RuntimeNode

# How long a timeout holds the line open over HTTP when the request does not say: longer than clients wait.
HOLD_SECONDS = 60.0
RENDER = "fail_render"
# Kinds that answer nothing, or only a part. The second word of a pair says whether the request is acted on.
REFUSED, SILENT, CUT = "refused", "silent", "cut"
TRANSPORT = {
    "refuse": (REFUSED, False),
    "timeout_before": (SILENT, False),
    "timeout_after": (SILENT, True),
    "cut": (CUT, True),
}
HTML_PAGE = b"<!doctype html><html><head><title>502</title></head><body><h1>Bad gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault about to happen: ``acts`` is whether the request does its work all the same."""

    kind: str
    acts: bool
    options: Mapping[str, Any]

    @property
    def transport(self) -> str:
        """``refused``, ``silent``, ``cut``, or empty when a whole answer is given."""
        return TRANSPORT[self.kind][0] if self.kind in TRANSPORT else ""

    @property
    def seconds(self) -> float:
        """How long the answer, or the silence, takes."""
        default = HOLD_SECONDS if self.transport == SILENT else 2.0 if self.kind == "slow" else 0.0
        return float(self.options.get("seconds", default))

    def spoil(self, answer: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        """The answer's JSON with the fault in it."""
        spoiler = _SPOILERS.get(self.kind)
        return spoiler(answer, self.options) if spoiler else answer


def open_switch(body: Mapping[str, Any]) -> dict[str, Any]:
    """Set a fault from ``{"path", "kind", "times", …}``; whatever else the body holds are the kind's options."""
    kind, path, times = body.get("kind"), body.get("path", "*"), body.get("times", 1)
    if kind not in KINDS:
        raise invalid(f"kind: must be one of {', '.join(KINDS)}.")
    if not isinstance(path, str) or not path:
        raise invalid("path: must be text, a beginning or a pattern such as /agent_run/*.")
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        raise invalid("times: must be a whole number of at least 1.")
    inner = body.get("options", {})
    if not isinstance(inner, dict):
        raise invalid("options: must be an object.")
    options = {key: value for key, value in body.items() if key not in {"kind", "path", "times", "options"}} | inner
    _check_options(kind, options)
    return shown(Fault.objects.create(kind=kind, path=path, remaining=times, options=options))


def shown(fault: Fault) -> dict[str, Any]:
    """A fault as the API lists it."""
    return {
        "id": fault.pk,
        "kind": fault.kind,
        "path": fault.path,
        "remaining": fault.remaining,
        "options": fault.options,
    }


def take(method: str, path: str) -> Trouble | None:
    """The first open fault that matches this request; each take uses one of its times up."""
    if not settings.MOSAIC_ENGINE_FAULTS:
        return None
    for fault in Fault.objects.filter(remaining__gt=0).exclude(kind=RENDER):
        wanted = fault.options.get("method", method)
        if wanted == method and _matches(fault.path, path) and _use_up(fault):
            acts = TRANSPORT[fault.kind][1] if fault.kind in TRANSPORT else fault.kind != "status"
            return Trouble(fault.kind, bool(fault.options.get("acts", acts)), fault.options)
    return None


def take_render_fault(node: RuntimeNode) -> str | None:
    """The sentence with which this node's render shall fail, or None. Called once for each attempt."""
    if not settings.MOSAIC_ENGINE_FAULTS:
        return None
    for fault in Fault.objects.filter(remaining__gt=0, kind=RENDER):
        only_type, only_node = fault.options.get("node_type"), fault.options.get("original_node_id")
        fits = (only_type is None or _type_id(only_type) == node.node_type_id) and (
            only_node in {None, str(node.original_node_id)}
        )
        if fits and _use_up(fault):
            return str(fault.options.get("message", "The render failed because a test asked for it."))
    return None


def status_answer(options: Mapping[str, Any]) -> tuple[int, dict[str, str], dict[str, str]]:
    """Status, headers and body of a ``status`` fault."""
    status = int(options.get("status", 500))
    headers = {str(name): str(value) for name, value in options.get("headers", {}).items()}
    error = options.get("error", CODES.get(status, "rate_limit" if status == 429 else "error"))
    return status, headers, {"error": error, "detail": options.get("detail", f"A test asked for status {status}.")}


def _use_up(fault: Fault) -> bool:
    return bool(Fault.objects.filter(pk=fault.pk, remaining__gt=0).update(remaining=F("remaining") - 1))


def _matches(pattern: str, path: str) -> bool:
    return path.startswith(pattern) or fnmatchcase(path, pattern)


def _check_options(kind: str, options: Mapping[str, Any]) -> None:
    if "seconds" in options and (not isinstance(options["seconds"], int | float) or not 0 <= options["seconds"] <= 600):
        raise invalid("seconds: must be a number between 0 and 600.")
    status = options.get("status", 500)
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise invalid("status: must be a whole number between 200 and 599.")
    if not isinstance(options.get("headers", {}), dict):
        raise invalid("headers: must be an object.")
    if "node_type" in options and _type_id(options["node_type"]) is None:
        raise invalid("node_type: must be the id or the name of a node type this engine knows.")
    if kind == "missing_field" and not isinstance(options.get("field"), str):
        raise invalid("field: must name the field to leave out, such as status or outputs.thumbnail_url.")


def _type_id(said: object) -> str | None:
    """The id of a node type that was named by its id or its name; None for one that nobody knows."""
    names = {kind.name.casefold(): kind.id for kind in CATALOGUE.values()}
    return str(said) if said in CATALOGUE else names.get(str(said).casefold())


def _unknown_status(answer: Any, options: Mapping[str, Any]) -> Any:  # noqa: ANN401
    return _mapped(answer, lambda key, value: options.get("value", "reticulating") if key == "status" else value)


def _no_outputs(answer: Any, options: Mapping[str, Any]) -> Any:  # noqa: ANN401
    return _mapped(answer, lambda key, value: [] if key == "outputs" else value)


def _expired_media(answer: Any, options: Mapping[str, Any]) -> Any:  # noqa: ANN401
    return _mapped(answer, lambda key, value: media.expired(value) if key.endswith("_url") and value else value)


def _missing_field(answer: Any, options: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Leave out the field at a dotted path; lists on the way are walked through."""
    return _without(answer, str(options["field"]).split("."))


def _without(value: Any, path: list[str]) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_without(item, path) for item in value]
    if not isinstance(value, dict):
        return value
    if len(path) == 1:
        return {key: item for key, item in value.items() if key != path[0]}
    return {key: _without(item, path[1:]) if key == path[0] else item for key, item in value.items()}


def _mapped(value: Any, change: Callable[[str, Any], Any]) -> Any:  # noqa: ANN401
    """Every value of every object passed through ``change``, depth first."""
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    if isinstance(value, dict):
        return {key: change(key, _mapped(item, change)) for key, item in value.items()}
    return value


_SPOILERS: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "unknown_status": _unknown_status,
    "missing_field": _missing_field,
    "expired_media": _expired_media,
    "no_outputs": _no_outputs,
}
KINDS = (*TRANSPORT, "html", "status", "slow", *_SPOILERS, RENDER)
