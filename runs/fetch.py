"""Safe fetching over HTTP and HTTPS, for addresses that people or a remote service gave us.

The address that counts is the one we are connected to: a name is resolved once, each answer is judged, and the
connection goes to a judged address, so that nothing can change between check and connect. Each redirect is a new
connection and is judged again. Neither proxies nor ``.netrc`` of the environment are read. A leaf: callers pass the
list of private hosts and networks that may be reached.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from http.client import HTTPException, InvalidURL
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, IncompleteRead, LocationParseError, ProtocolError, ReadTimeoutError, SSLError
from urllib3.util import Url, parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from urllib3.response import BaseHTTPResponse

MAX_REDIRECTS = 5
CONNECT_SECONDS = 10.0
# Longest silence between two pieces of an answer.
STALL_SECONDS = 20.0
CHUNK_BYTES = 256 * 1024
USER_AGENT = "mosaic-dashboard"

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_GLOBAL_UNICAST_V6 = ipaddress.ip_network("2000::/3")
# Ranges that Python calls global in some versions, or that carry an IPv4 address inside: relays can lead home.
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "2001::/23",  # Teredo, ORCHID and other protocol assignments
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)


class FetchError(Exception):
    """Nothing was fetched; the message is a sentence for an editor. ``status`` is the server's, where it answered."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a finished download is: its size and the type that the server named (may be empty)."""

    size_bytes: int
    content_type: str


class Stream:
    """An open answer. Read :meth:`chunks` once, inside ``with``; leaving it closes the connection."""

    def __init__(
        self, connection: HTTPConnection, response: BaseHTTPResponse, host: str, gate: _Gate, max_bytes: int | None
    ) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._connection = connection
        self._response = response
        self._host = host
        self._gate = gate
        self._max_bytes = max_bytes

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection and its watch; may be called twice."""
        self._gate.close()
        self._response.close()
        self._connection.close()

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces as they come; raises :class:`FetchError` past the size or the time, or when cut short."""
        length = self.headers.get("Content-Length", "")
        # Twenty digits are too large in any case, and Python refuses to read thousands of them.
        self._check_size(int(length[:20]) if length.isdecimal() else 0)
        received = 0
        while piece := self._read():
            received += len(piece)
            self._check_size(received)
            yield piece

    def _read(self) -> bytes:
        with _in_words(self._host, self._gate):
            piece = self._response.read1(CHUNK_BYTES)
        # A connection that the watch has shut reads like the end of the file.
        self._gate.check()
        return piece

    def _check_size(self, size: int) -> None:
        if self._max_bytes is not None and size > self._max_bytes:
            raise FetchError(f"The file at {self._host} is larger than the limit of {_size(self._max_bytes)}.")


class _Gate:
    """Connects to allowed addresses only, and ends the transfer at its deadline or when it is no longer wanted."""

    def __init__(self, allow: Iterable[str], seconds: float, cancelled: Callable[[], bool] | None) -> None:
        self._hosts, self._networks = _read_allowed(allow)
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._cancelled = cancelled
        # A second handle on the connection: TLS takes the first one over, and takes it apart when it is closed.
        self._handle: socket.socket | None = None
        self._reason = ""
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._keep_watch, name="fetch-watch", daemon=True)
        self._watch.start()

    def connect(self, host: str, port: int) -> socket.socket:
        """A connected socket; resolves ``host`` itself and tries each judged address in turn."""
        error: OSError | None = None
        for family, address in self._addresses(host, port):
            self.check()
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(max(0.1, min(CONNECT_SECONDS, self._deadline - time.monotonic())))
                connection.connect(address)
                self._judge(host, str(connection.getpeername()[0]))
            except OSError as failed:
                connection.close()
                error = failed
                continue
            except FetchError:
                connection.close()
                raise
            connection.settimeout(STALL_SECONDS)
            self._drop_handle()
            self._handle = connection.dup()
            return connection
        raise error or OSError(f"no address of {host}")

    def check(self) -> None:
        """Raise when the watch has ended the transfer."""
        if self._reason:
            raise FetchError(self._reason)

    def close(self) -> None:
        """End the watch."""
        self._closed.set()
        self._drop_handle()

    def _drop_handle(self) -> None:
        if self._handle is not None:
            self._handle.close()

    def _addresses(self, host: str, port: int) -> list[tuple[int, tuple[str, int] | tuple[str, int, int, int]]]:
        good = []
        refused: FetchError | None = None
        for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                self._judge(host, str(address[0]))
            except FetchError as error:
                refused = error
            else:
                good.append((int(family), address))
        if not good and refused:
            raise refused
        return good  # type: ignore[return-value]

    def _judge(self, host: str, text: str) -> None:
        address = ipaddress.ip_address(text.partition("%")[0])
        if host.lower().rstrip(".") in self._hosts or any(
            address.version == network.version and address in network for network in self._networks
        ):
            return
        if not is_public(address):
            raise FetchError(
                f"{host} is at a private or reserved address, which is not fetched from. "
                "An administrator can allow it with MOSAIC_FETCH_ALLOW."
            )

    def _keep_watch(self) -> None:
        # The read timeout of a socket starts anew with each byte: a slow drip would never end without this.
        while True:
            left = self._deadline - time.monotonic()
            if self._closed.wait(max(0.0, min(left, 0.2) if self._cancelled else left)):
                return
            if self._cancelled and self._cancelled():
                self._reason = "The transfer was stopped because it is no longer wanted."
            elif time.monotonic() >= self._deadline:
                self._reason = f"The transfer took longer than the limit of {self._seconds:.0f} seconds."
            else:
                continue
            while not self._closed.wait(0.1):
                # Again and again: a connection may just be coming up.
                if self._handle is not None:
                    with contextlib.suppress(OSError):
                        self._handle.shutdown(socket.SHUT_RDWR)
            return


class _PlainConnection(HTTPConnection):
    gate: _Gate

    def _new_conn(self) -> socket.socket:
        return self.gate.connect(self._dns_host, self.port or 80)


class _TLSConnection(HTTPSConnection):
    gate: _Gate

    def _new_conn(self) -> socket.socket:
        return self.gate.connect(self._dns_host, self.port or 443)


def is_public(address: IPAddress) -> bool:
    """Whether the address is one of the public internet that names itself and hides no other."""
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST_V6:
        return False
    if address.is_multicast or address.is_reserved or address.is_unspecified or not address.is_global:
        return False
    return not any(address.version == network.version and address in network for network in _NEVER)


def open_stream(
    url: str,
    *,
    timeout: float,
    max_bytes: int | None = None,
    headers: Mapping[str, str] | None = None,
    allow: Iterable[str] = (),
    method: Literal["GET", "HEAD"] = "GET",
    cancelled: Callable[[], bool] | None = None,
) -> Stream:
    """Open ``url`` and follow its redirects; the answer may have any status.

    ``timeout`` is the limit in seconds for everything, the last byte included; ``headers`` are sent as they are (for
    example ``Range``); ``allow`` names hosts and networks that may be private. ``cancelled`` is asked about five times
    a second. Raises :class:`FetchError`.
    """
    gate = _Gate(allow, timeout, cancelled)
    try:
        for _ in range(MAX_REDIRECTS + 1):
            target = _read_url(url)
            host = target.host or ""
            with _in_words(host, gate):
                connection, response = _request(target, method, headers or {}, gate)
            location = response.headers.get("Location")
            if response.status not in {301, 302, 303, 307, 308} or not location:
                return Stream(connection, response, host, gate, max_bytes)
            connection.close()
            url = urljoin(target.url, location)
        raise FetchError(f"The address leads through more than {MAX_REDIRECTS} redirects.")
    except BaseException:
        gate.close()
        raise


def fetch(
    url: str,
    path: Path,
    *,
    max_bytes: int,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    allow: Iterable[str] = (),
    cancelled: Callable[[], bool] | None = None,
) -> Fetched:
    """Download ``url`` to ``path``: the file is there whole or not at all. Arguments as for :func:`open_stream`."""
    part = path.with_name(path.name + ".part")
    try:
        with (
            open_stream(
                url, timeout=timeout, max_bytes=max_bytes, headers=headers, allow=allow, cancelled=cancelled
            ) as stream,
            part.open("wb") as file,
        ):
            _check_answer(stream, parse_url(url).host or "The server")
            for piece in stream.chunks():
                file.write(piece)
            size = file.tell()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return Fetched(size, stream.headers.get("Content-Type", ""))


def _check_answer(stream: Stream, host: str) -> None:
    if stream.status in {401, 403}:
        raise FetchError(f"{host} does not give this file to us; the link may have expired.", stream.status)
    if stream.status in {404, 410}:
        raise FetchError(f"There is no file at this address of {host}.", stream.status)
    if stream.status not in {200, 206}:
        raise FetchError(f"{host} answered with status {stream.status} instead of the file.", stream.status)
    if stream.headers.get("Content-Encoding", "identity").lower() not in {"", "identity"}:
        raise FetchError(f"{host} sends the file compressed, which was not asked for.", stream.status)


def _request(
    target: Url, method: str, headers: Mapping[str, str], gate: _Gate
) -> tuple[HTTPConnection, BaseHTTPResponse]:
    host = (target.host or "").strip("[]")
    connection: _PlainConnection | _TLSConnection
    if target.scheme == "https":
        connection = _TLSConnection(host, target.port or 443, timeout=STALL_SECONDS, ca_certs=DEFAULT_CA_BUNDLE_PATH)
    else:
        connection = _PlainConnection(host, target.port or 80, timeout=STALL_SECONDS)
    connection.gate = gate
    # No coding: the sizes we count are then the sizes that are written.
    sent = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity", **headers}
    try:
        connection.request(method, target.request_uri, headers=sent, preload_content=False, decode_content=False)
        return connection, connection.getresponse()
    except BaseException:
        connection.close()
        raise


def _read_url(url: str) -> Url:
    if any(ord(character) <= 32 or ord(character) == 127 for character in url) or "\\" in url:
        raise FetchError("The address contains spaces or characters that an address cannot have.")
    try:
        target = parse_url(url)
    except (LocationParseError, ValueError) as error:
        raise FetchError("The address cannot be read.") from error
    if target.scheme not in {"http", "https"}:
        raise FetchError("Only addresses that begin with http:// or https:// can be fetched.")
    if target.auth is not None:
        raise FetchError("The address must not carry a user name or password.")
    if not target.host:
        raise FetchError("The address names no server.")
    return target


def _read_allowed(entries: Iterable[str]) -> tuple[set[str], list[IPNetwork]]:
    hosts: set[str] = set()
    networks: list[IPNetwork] = []
    for entry in entries:
        text = entry.strip().strip("[]")
        try:
            networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            hosts.add(text.lower().rstrip("."))
    return hosts, networks


@contextlib.contextmanager
def _in_words(host: str, gate: _Gate) -> Iterator[None]:
    """Turn what the network libraries raise into one sentence."""
    try:
        yield
    except FetchError:
        raise
    except (OSError, HTTPError, HTTPException, ValueError) as error:
        gate.check()
        raise FetchError(_sentence(host, error)) from error


def _sentence(host: str, error: Exception) -> str:
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"The name {host} could not be found."
    if isinstance(error, InvalidURL):
        return "The address cannot be read."
    if isinstance(error, ssl.SSLError | SSLError):
        return f"{host} could not prove with a valid certificate that it is {host}."
    if isinstance(error, ProtocolError) and isinstance(error.__cause__, IncompleteRead):
        return f"{host} ended the transfer before the whole file had come."
    if isinstance(error, TimeoutError | ReadTimeoutError):
        return f"{host} did not answer in time."
    if isinstance(error, ConnectionRefusedError):
        return f"{host} does not accept connections."
    return f"The connection to {host} broke off."


def _size(size_bytes: int) -> str:
    gigabytes = size_bytes / 1_000_000_000
    return f"{gigabytes:.1f} GB" if gigabytes >= 1 else f"{size_bytes / 1_000_000:.1f} MB"
