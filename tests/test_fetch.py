"""Fetching: only where it may go, only as much and as long as it may."""

from __future__ import annotations

import ipaddress
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from runs.fetch import FetchError, fetch, is_public, open_stream
from tests.servers import send, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from tests.servers import Site

LOOPBACK = ["127.0.0.0/8"]
BODY = bytes(range(256)) * 400


def _drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.02)


def _drip_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.02)


def _to(url: str) -> Any:
    return lambda handler: send(handler, status=302, headers={"Location": url})


@pytest.fixture
def site() -> Iterator[Site]:
    """Files and traps."""
    answers: dict[str, Any] = {
        "/file.mp4": lambda handler: send(handler, BODY, headers={"Content-Type": "video/mp4"}),
        "/moved": _to("/file.mp4"),
        "/inwards": _to("http://127.0.0.9:1/secret"),
        "/metadata": _to("http://169.254.169.254/latest/meta-data/"),
        "/to-a-file": _to("file:///etc/passwd"),
        "/round": _to("/round"),
        "/drip": _drip,
        "/drip-headers": _drip_headers,
        "/cut": lambda handler: send(handler, b"half", headers={"Content-Length": "8"}),
        "/endless": lambda handler: send(handler, BODY, headers={"Content-Length": ""}),
        "/gone": lambda handler: send(handler, b"", 410),
        "/forbidden": lambda handler: send(handler, b"", 403),
        "/zipped": lambda handler: send(handler, BODY, headers={"Content-Encoding": "gzip"}),
        "/part": lambda handler: send(handler, BODY[:10], 206, {"Content-Range": f"bytes 0-9/{len(BODY)}"}),
    }
    with serve(answers) as running:
        yield running


def _get(url: str, path: Path, **options: Any) -> Any:
    defaults: dict[str, Any] = {"max_bytes": 10**6, "timeout": 10, "allow": LOOPBACK}
    return fetch(url, path, **defaults | options)


def test_the_file_comes_whole(site: Site, tmp_path: Path) -> None:
    fetched = _get(f"{site.address}/file.mp4", tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == BODY
    assert (fetched.size_bytes, fetched.content_type) == (len(BODY), "video/mp4")


def test_a_redirect_is_followed(site: Site, tmp_path: Path) -> None:
    _get(f"{site.address}/moved", tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == BODY


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/metadata", "169.254.169.254 is at a private or reserved address"),
        ("/to-a-file", "begin with http"),
        ("/round", "more than 5 redirects"),
        ("/cut", "before the whole file had come"),
        ("/gone", "There is no file at this address"),
        ("/forbidden", "may have expired"),
        ("/zipped", "compressed"),
        ("/absent", "There is no file at this address"),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_leaves_no_file(site: Site, tmp_path: Path, path: str, words: str) -> None:
    with pytest.raises(FetchError, match=words):
        _get(f"{site.address}{path}", tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


def test_each_redirect_is_judged(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"127\.0\.0\.9 is at a private"):
        _get(f"{site.address}/inwards", tmp_path / "a", allow=["127.0.0.1"])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "0", "[::1]"])
def test_this_machine_is_not_fetched_from_under_any_name(site: Site, tmp_path: Path, host: str) -> None:
    port = site.address.rpartition(":")[2]
    with pytest.raises(FetchError, match="private or reserved"):
        _get(f"http://{host}:{port}/file.mp4", tmp_path / "a", allow=[])
    assert site.requests == []


@pytest.mark.parametrize("allow", [["localhost"], ["LOCALHOST."], ["127.0.0.1", "::1"], ["127.0.0.0/8", "::1/128"]])
def test_hosts_and_networks_can_be_allowed(site: Site, tmp_path: Path, allow: list[str]) -> None:
    port = site.address.rpartition(":")[2]
    assert _get(f"http://localhost:{port}/file.mp4", tmp_path / "a", allow=allow).size_bytes == len(BODY)


def test_a_name_that_changes_its_mind_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the second answer is never asked for, and a second connection is judged by its own."""
    real = socket.getaddrinfo
    answers = ["127.0.0.2", "127.0.0.3"]
    asked: list[str] = []

    def resolve(host: str, *arguments: Any, **options: Any) -> Any:
        asked.append(host)
        return real(answers[min(len(asked), len(answers)) - 1], *arguments, **options)

    answers_of_site: dict[str, Any] = {"/file": lambda handler: send(handler, BODY), "/again": _to("/file")}
    with serve(answers_of_site, "127.0.0.2") as site:
        port = site.address.rpartition(":")[2]
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        _get(f"http://fickle.example:{port}/file", tmp_path / "a", allow=["127.0.0.2"])
        assert asked == ["fickle.example"]
        asked.clear()
        with pytest.raises(FetchError, match="private or reserved"):
            _get(f"http://fickle.example:{port}/again", tmp_path / "b", allow=["127.0.0.2"])
    assert [path for path, _ in site.requests] == ["/file", "/again"]


def test_of_several_addresses_only_the_allowed_are_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def resolve(_: str, *arguments: Any, **options: Any) -> Any:
        return [*real("127.0.0.1", *arguments, **options), *real("127.0.0.2", *arguments, **options)]

    with serve({"/file": lambda handler: send(handler, BODY)}, "127.0.0.2") as site:
        port = site.address.rpartition(":")[2]
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        assert _get(f"http://two.example:{port}/file", tmp_path / "a", allow=["127.0.0.2"]).size_bytes == len(BODY)


@pytest.mark.parametrize("path", ["/file.mp4", "/endless"])
def test_what_is_too_large_is_not_kept(site: Site, tmp_path: Path, path: str) -> None:
    with pytest.raises(FetchError, match=r"larger than the limit of 0\.1 MB"):
        _get(f"{site.address}{path}", tmp_path / "a", max_bytes=90_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/drip", "/drip-headers"])
def test_a_slow_drip_ends(site: Site, tmp_path: Path, path: str) -> None:
    began = time.monotonic()
    with pytest.raises(FetchError, match="longer than the limit of"):
        _get(f"{site.address}{path}", tmp_path / "a", timeout=0.3)
    assert time.monotonic() - began < 2


def test_what_is_no_longer_wanted_ends(site: Site, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(FetchError, match="no longer wanted"):
        _get(f"{site.address}/drip", tmp_path / "a", cancelled=lambda: time.monotonic() - began > 0.1)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.org/a", "begin with http"),
        ("file:///etc/passwd", "begin with http"),
        ("http://ann:secret@example.org/a", "user name or password"),
        ("http://example.org/a b", "spaces"),
        ("http://example.org\\@127.0.0.1/", "spaces or characters"),
        ("http://", "names no server|cannot be read"),
        ("http://example.org:99999/", "cannot be read"),
        ("not an address", "spaces"),
    ],
)
def test_addresses_that_are_refused_as_they_stand(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(FetchError, match=words) as caught:
        _get(url, tmp_path / "a")
    assert "secret" not in str(caught.value)


def test_nothing_of_the_environment_takes_part(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    _get(f"{site.address}/file.mp4", tmp_path / "a")
    assert "Authorization" not in site.requests[0][1]


def test_a_range_is_passed_on_and_any_status_comes_back(site: Site) -> None:
    options: dict[str, Any] = {"timeout": 5, "allow": LOOPBACK}
    with open_stream(f"{site.address}/part", headers={"Range": "bytes=0-9"}, **options) as stream:
        assert (stream.status, stream.headers["Content-Range"]) == (206, f"bytes 0-9/{len(BODY)}")
        assert b"".join(stream.chunks()) == BODY[:10]
    assert site.requests[0][1]["Range"] == "bytes=0-9"
    with open_stream(f"{site.address}/absent", **options) as stream:
        assert stream.status == 404


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("172.31.0.1", False),
        ("192.168.1.1", False),
        ("192.88.99.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("2606:2800:220:1::1", True),
        ("::ffff:93.184.216.34", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("2001:0:53aa:64c::1", False),
        ("fc00::1", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
    ],
)
def test_which_addresses_are_public(address: str, expected: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is expected
