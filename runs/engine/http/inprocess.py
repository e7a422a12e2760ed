"""The engine without a socket: a transport adapter for ``requests``.

A session with this adapter mounted speaks to :func:`runs.engine.http.api.handle` as it would to a server, and meets the
same exceptions: bodies are read through urllib3's own response class, which notices a cut one by itself.
"""

from __future__ import annotations

import io
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.db import connection
from requests import ConnectionError as RequestsConnectionError
from requests import PreparedRequest, ReadTimeout, Response
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError, ReadTimeoutError

from runs.engine.http import faults
from runs.engine.http.api import EngineRequest, EngineResponse, handle

if TYPE_CHECKING:
    from typing import Any

# A host name that no network has (RFC 6761), so that a session without the adapter reaches nobody.
BASE_URL = "http://engine.invalid"


class EngineAdapter(BaseAdapter):
    """Mount it for :data:`BASE_URL`. Sends the engine's key unless the session brings one of its own."""

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,  # noqa: ANN401 - the shape that requests passes on
        verify: Any = True,  # noqa: ANN401
        cert: Any = None,  # noqa: ANN401
        proxies: Any = None,  # noqa: ANN401
    ) -> Response:
        """Answer the request, or raise what a socket would."""
        _refuse_open_transaction()
        response = handle(_asked(request))
        _wait(request, response, timeout)
        body = response.body[: len(response.body) // 2] if response.transport == faults.CUT else response.body
        raw = HTTPResponse(
            body=io.BytesIO(body),
            headers={"Content-Length": str(len(response.body)), **response.headers},
            status=response.status,
            reason=_reason(response.status),
            version=11,
            version_string="HTTP/1.1",
            preload_content=False,
            enforce_content_length=True,
            request_method=request.method,
        )
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        """Nothing is open."""


def _asked(request: PreparedRequest) -> EngineRequest:
    parts = urlsplit(request.path_url)
    body = request.body or b""
    if not isinstance(body, str | bytes):
        raise TypeError("The engine takes whole bodies only.")
    return EngineRequest(
        method=(request.method or "GET").upper(),
        path=parts.path,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers={"Authorization": f"Bearer {settings.MOSAIC_ENGINE_KEY}", **_given(request)},
        body=body.encode() if isinstance(body, str) else body,
    )


def _given(request: PreparedRequest) -> dict[str, str]:
    return {name.title(): str(value) for name, value in request.headers.items()}


def _wait(request: PreparedRequest, response: EngineResponse, timeout: Any) -> None:  # noqa: ANN401
    """Be as late, as silent or as absent as the answer says."""
    host = urlsplit(request.url or BASE_URL).hostname or ""
    if response.transport == faults.REFUSED:
        pool = HTTPConnectionPool(host)
        refused = NewConnectionError(HTTPConnection(host), "[Errno 111] Connection refused")
        raise RequestsConnectionError(MaxRetryError(pool, request.url or "", refused), request=request)
    patience = timeout[1] if isinstance(timeout, tuple) else timeout
    late = patience is not None and response.delay_seconds >= patience
    if response.transport == faults.SILENT or late:
        # What a socket would only say after the client's whole patience is said at once: the wait teaches nothing.
        raise ReadTimeout(
            ReadTimeoutError(HTTPConnectionPool(host), request.url or "", "Read timed out."), request=request
        )
    time.sleep(response.delay_seconds)


def _refuse_open_transaction() -> None:
    """A call to a remote never happens inside a transaction; the engine being near is no excuse."""
    for block in connection.atomic_blocks:
        if not getattr(block, "_from_testcase", False):
            raise RuntimeError("The engine was called inside a database transaction.")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
