"""One request and its answer: bounded in time and size, with every failure turned into a typed error.

GETs are repeated after a short wait where that may help; a POST is sent once, whatever happens.
"""

from __future__ import annotations

import http
import json
import math
import random
import socket
import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests import exceptions
from urllib3 import exceptions as urllib3_exceptions

from runs.client.errors import MosaicProtocolError, MosaicRejected, MosaicUnavailable

MAX_BODY_BYTES = 16 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
DEEPEST = 64
# A day: no remote means more.
LONGEST_PAUSE = 86_400.0
# An answer may trickle for at most this many times the read timeout.
TRICKLE_FACTOR = 2
CONNECT_SECONDS = 3.05
FIRST_WAIT_SECONDS = 0.2
TRY_AGAIN_STATUSES = frozenset({408, 425, 429, 502, 503, 504})
REDIRECTS = range(300, 400)
NOT_HERE = frozenset({404, 405})
# What a key or a clock must never be blamed for: nothing was sent.
NOTHING_SENT = (
    ConnectionRefusedError,
    socket.gaierror,
    ssl.SSLCertVerificationError,
    urllib3_exceptions.NewConnectionError,
    urllib3_exceptions.ConnectTimeoutError,
    exceptions.ConnectTimeout,
    exceptions.InvalidURL,
    exceptions.MissingSchema,
    exceptions.InvalidSchema,
    exceptions.InvalidHeader,
)


class Sleep(Protocol):
    """How to wait; tests hand in their own."""

    def __call__(self, seconds: float, /) -> None:
        """Wait for ``seconds``."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a caller waits: ``read_seconds`` for an answer, ``wait_seconds`` in all between repeated GETs."""

    read_seconds: float = 20
    wait_seconds: float = 2
    attempts: int = 3
    sleep: Sleep = field(default=time.sleep)


# The same for people who wait before a page and for jobs that may take their time.
FOR_PEOPLE = Patience(read_seconds=15, wait_seconds=1, attempts=2)
FOR_JOBS = Patience()


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask; ``service`` is the remote's name in sentences."""

    method: str
    url: str
    service: str
    params: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None

    @property
    def acts(self) -> bool:
        """Whether the request may change something at the remote."""
        return self.method != "GET"


@dataclass(slots=True)
class Clock:
    """The remote's clock: ``ahead`` is by how many seconds it was ahead of ours at its last answer, 0 when unknown."""

    ahead: float = 0.0

    def hear(self, response: requests.Response) -> None:
        """Compare with ours; an answer without a usable date changes nothing."""
        at = _date(response.headers.get("Date", ""))
        if at is not None:
            self.ahead = (at - datetime.now(UTC)).total_seconds()


def send(session: requests.Session, request: Request, patience: Patience, clock: Clock) -> dict[str, Any]:
    """The answer's JSON object; MosaicRejected, MosaicUnavailable or MosaicProtocolError otherwise."""
    waited = 0.0
    attempts = 1 if request.acts else patience.attempts
    for attempt in range(1, attempts + 1):
        try:
            return _send_once(session, request, patience, clock)
        except MosaicUnavailable as error:
            own_wait = FIRST_WAIT_SECONDS * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter
            wait = max(error.retry_after or 0.0, own_wait)
            if not error.fleeting or attempt == attempts or waited + wait > patience.wait_seconds:
                raise
            patience.sleep(wait)
            waited += wait
    raise AssertionError("unreachable: the last attempt returns or raises")


def _send_once(session: requests.Session, request: Request, patience: Patience, clock: Clock) -> dict[str, Any]:
    if request.acts:
        # A kept connection may have been closed by the other side, and then nobody could say whether a POST arrived.
        session.close()
    deadline = time.monotonic() + CONNECT_SECONDS + patience.read_seconds * TRICKLE_FACTOR
    try:
        with session.request(
            request.method,
            request.url,
            params=request.params or None,
            json=request.body,
            timeout=(CONNECT_SECONDS, patience.read_seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            clock.hear(response)
            content = _read(response, request, deadline)
    except exceptions.RequestException as error:
        raise _unavailable(error, request, patience) from error
    except urllib3_exceptions.HTTPError as error:
        raise _unavailable(error, request, patience) from error
    return _judge(response, content, request)


def _read(response: requests.Response, request: Request, deadline: float) -> bytes:
    chunks = bytearray()
    for chunk in response.iter_content(CHUNK_BYTES):
        chunks += chunk
        if len(chunks) > MAX_BODY_BYTES:
            limit = MAX_BODY_BYTES // (1024 * 1024)
            raise MosaicProtocolError(
                f"{request.service} sent an answer of more than {limit} MB, which was not read.",
                may_have_acted=request.acts,
            )
        if time.monotonic() > deadline:
            raise MosaicUnavailable(
                f"{request.service} began to answer and did not finish in time.", may_have_acted=request.acts
            )
    return bytes(chunks)


def _judge(response: requests.Response, content: bytes, request: Request) -> dict[str, Any]:
    status = response.status_code
    if status in REDIRECTS:
        # 303 follows something that was done; the others say that nothing was.
        raise MosaicProtocolError(
            f"{request.service} answered with a redirect ({status}){_elsewhere(response)}. "
            "Check the address in Settings.",
            may_have_acted=request.acts and status == http.HTTPStatus.SEE_OTHER,
        )
    if status in TRY_AGAIN_STATUSES or status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        raise MosaicUnavailable(
            _busy_sentence(status, request.service),
            may_have_acted=request.acts and status >= http.HTTPStatus.INTERNAL_SERVER_ERROR,
            retry_after=_retry_after(response),
            fleeting=status in TRY_AGAIN_STATUSES,
        )
    data = _json(content)
    if status in NOT_HERE and not isinstance(data, dict):
        # The API says in JSON what it does not know; a page that says so belongs to another server.
        raise MosaicProtocolError(_unreadable_sentence(response, content, request))
    if status >= http.HTTPStatus.BAD_REQUEST:
        raise _rejection(status, data, request.service)
    if not isinstance(data, dict):
        raise MosaicProtocolError(_unreadable_sentence(response, content, request), may_have_acted=request.acts)
    return data


def _json(content: bytes) -> Any:  # noqa: ANN401 - any JSON, or None for what is none
    try:
        return _storable(json.loads(content, parse_constant=lambda _name: None))
    except (ValueError, RecursionError):
        return None


def _storable(value: Any, left: int = DEEPEST) -> Any:  # noqa: ANN401 - JSON
    """The value as a database and a page can take it; ValueError when it is nested beyond all reason.

    Half characters (lone surrogates) are replaced, infinite numbers left out. What is very deep would break whatever
    walks it later.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if not isinstance(value, dict | list):
        return None if isinstance(value, float) and not math.isfinite(value) else value
    if not left:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [_storable(item, left - 1) for item in value]
    return {_storable(key): _storable(item, left - 1) for key, item in value.items()}


def _rejection(status: int, data: Any, service: str) -> MosaicRejected:  # noqa: ANN401 - JSON
    if not isinstance(data, dict):
        return MosaicRejected(status, service=service)
    code = data.get("error")
    detail = data.get("detail", data.get("message"))
    if not isinstance(code, str):
        # Unknown shapes are shown as they came.
        detail = detail if detail is not None else code
        code = ""
    return MosaicRejected(status, code, detail if detail is not None else (code or data or None), service=service)


def _unreadable_sentence(response: requests.Response, content: bytes, request: Request) -> str:
    kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    start = content[:200].lstrip().lower()
    if kind == "text/html" or start.startswith((b"<!doctype", b"<html")):
        return f"{request.service} answered with a web page instead of data. Check the address in Settings."
    return f"{request.service} sent an answer that cannot be read."


def _busy_sentence(status: int, service: str) -> str:
    if status == http.HTTPStatus.TOO_MANY_REQUESTS:
        return f"{service} asks for a pause: too many requests (429)."
    return f"{service} has a problem of its own ({status})."


def _retry_after(response: requests.Response) -> float | None:
    """Seconds from ``Retry-After``, which is a number or a date; None when it is absent or unreadable."""
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdecimal():
        return min(float(value), LONGEST_PAUSE)
    at = _date(value)
    return None if at is None else min(max(0.0, (at - datetime.now(UTC)).total_seconds()), LONGEST_PAUSE)


def _date(value: str) -> datetime | None:
    """A date as headers write it."""
    try:
        at = parsedate_to_datetime(value)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _elsewhere(response: requests.Response) -> str:
    """Where a redirect leads, when that is another server or another scheme."""
    try:
        here, there = urlsplit(response.url), urlsplit(response.headers.get("Location", ""))
    except ValueError:
        return ""
    if there.scheme not in {"http", "https"} or not there.netloc or "@" in there.netloc:
        return ""
    moved = (here.scheme, here.netloc) != (there.scheme, there.netloc)
    return f" to {there.scheme}://{there.netloc}" if moved else ""


def _unavailable(error: Exception, request: Request, patience: Patience) -> MosaicUnavailable:
    causes = _chain(error)
    nothing_sent = any(isinstance(cause, NOTHING_SENT) for cause in causes)
    return MosaicUnavailable(
        f"No answer from {request.service}: {_cause(causes, patience)}.",
        may_have_acted=request.acts and not nothing_sent,
        # A kept connection that the other side has just closed.
        fleeting=any(isinstance(cause, ConnectionResetError) for cause in causes),
    )


def _chain(error: BaseException) -> list[BaseException]:
    """The error and whatever it was made from: requests and urllib3 hide causes in ``args`` and ``reason``."""
    found: list[BaseException] = []
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.append(current)
        inner = [*current.args, getattr(current, "reason", None), current.__cause__, current.__context__]
        waiting.extend(item for item in inner if isinstance(item, BaseException))
    return found


CAUSES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    ((socket.gaierror, urllib3_exceptions.NameResolutionError), "name not found"),
    (ssl.SSLCertVerificationError, "its certificate is not valid"),
    (ConnectionRefusedError, "connection refused"),
    ((exceptions.ConnectTimeout, urllib3_exceptions.ConnectTimeoutError), "it could not be reached in time"),
    (
        (exceptions.InvalidURL, exceptions.MissingSchema, exceptions.InvalidSchema),
        "the address in Settings is not valid",
    ),
    (exceptions.InvalidHeader, "the key has characters that cannot be sent"),
    ((exceptions.SSLError, ssl.SSLError), "no secure connection could be made"),
    (
        (exceptions.ChunkedEncodingError, exceptions.ContentDecodingError, urllib3_exceptions.IncompleteRead),
        "the answer was cut off",
    ),
)


def _cause(causes: list[BaseException], patience: Patience) -> str:
    # urllib3 counts a refusal among the timeouts, and tells it apart by its words alone.
    if any("refused" in str(cause) for cause in causes if isinstance(cause, urllib3_exceptions.NewConnectionError)):
        return "connection refused"
    for kinds, words in CAUSES:
        if any(isinstance(cause, kinds) for cause in causes):
            return words
    if any(isinstance(cause, (exceptions.Timeout, urllib3_exceptions.ReadTimeoutError)) for cause in causes):
        return f"nothing came within {patience.read_seconds:g} seconds"
    errors = [cause for cause in causes if isinstance(cause, OSError) and cause.errno and cause.strerror]
    if errors:
        return str(errors[0].strerror).lower()
    return "the connection was lost"
