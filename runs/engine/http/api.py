"""The engine's API: one function from request to answer, whichever way the request came.

:mod:`runs.engine.http.views` hands it what came over HTTP, :mod:`runs.engine.http.inprocess` what came without one.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.utils.crypto import constant_time_compare

from runs.engine.http import faults
from runs.engine.http.refusals import Refusal, invalid, missing
from runs.engine.http.routes import ROUTES, Ask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runs.engine.http.routes import Handler

logger = logging.getLogger(__name__)
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """``path`` begins below the base address, such as ``/agents``; header names in any case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class EngineResponse:
    """A whole answer, and what the transport shall do to it.

    ``transport`` is empty, ``refused`` (nobody listens), ``silent`` (no answer for ``delay_seconds``) or ``cut``
    (only half of the body). Without one the answer comes whole after ``delay_seconds``.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    transport: str = ""
    delay_seconds: float = 0.0


def handle(request: EngineRequest) -> EngineResponse:
    """Answer one request; never raises."""
    try:
        return _handle(request)
    except Refusal as refusal:
        return _answer(refusal.status, refusal.body)
    except Exception:
        logger.exception("%s %s failed", request.method, request.path)
        problem = Refusal(500, "The engine failed unexpectedly; its log has the details.")
        return _answer(problem.status, problem.body)


def _handle(request: EngineRequest) -> EngineResponse:
    if not settings.MOSAIC_ENGINE:
        raise missing("The embedded engine is switched off.")
    _check_key(request)
    if request.path == "/_faults":
        return _do(request)
    trouble = faults.take(request.method, request.path)
    if trouble is None:
        return _do(request)
    if not trouble.acts:
        return _unacted(trouble)
    response = _do(request)
    if trouble.kind == "status":
        return _unacted(trouble)
    if trouble.kind == "html":
        return EngineResponse(int(trouble.options.get("status", 200)), {"Content-Type": "text/html"}, faults.HTML_PAGE)
    body = response.body
    if response.status < 400:
        body = json.dumps(trouble.spoil(json.loads(body))).encode()
    return EngineResponse(response.status, response.headers, body, trouble.transport, trouble.seconds)


def _unacted(trouble: faults.Trouble) -> EngineResponse:
    if trouble.kind == "html":
        return EngineResponse(int(trouble.options.get("status", 200)), {"Content-Type": "text/html"}, faults.HTML_PAGE)
    status, headers, body = faults.status_answer(trouble.options)
    return EngineResponse(
        status, {**JSON, **headers}, json.dumps(body).encode(), trouble.transport, delay_seconds=trouble.seconds
    )


def _do(request: EngineRequest) -> EngineResponse:
    handler, ids = _route(request)
    ask = Ask(request.query, _json(request.body), ids)
    try:
        return _answer(200, handler(ask))
    except Refusal as refusal:
        return _answer(refusal.status, refusal.body)


def _route(request: EngineRequest) -> tuple[Handler, Mapping[str, str]]:
    allowed = []
    for method, pattern, handler in ROUTES:
        match = pattern.fullmatch(request.path)
        if match and method == request.method:
            return handler, match.groupdict()
        if match:
            allowed.append(method)
    if allowed:
        raise Refusal(405, f"{request.method} is not possible here; use {' or '.join(sorted(allowed))}.")
    raise missing(f"There is no {request.path} in this API.")


def _check_key(request: EngineRequest) -> None:
    """Bearer only: neither a session nor an address opens the engine."""
    given = next((value for name, value in request.headers.items() if name.lower() == "authorization"), "")
    scheme, _, key = given.partition(" ")
    known = scheme.lower() == "bearer" and constant_time_compare(key.strip(), settings.MOSAIC_ENGINE_KEY)
    if not known:
        raise Refusal(401, "Send the engine's key as 'Authorization: Bearer mk_…'.")


def _json(body: bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    if not body.strip():
        return {}
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise invalid("The body is not JSON.") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _answer(status: int, content: Any) -> EngineResponse:  # noqa: ANN401
    return EngineResponse(status, JSON, json.dumps(content).encode())
