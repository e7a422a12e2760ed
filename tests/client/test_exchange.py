"""What goes wrong between us and a server, as typed errors with sentences; and what is repeated."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from runs.client import MosaicProtocolError, MosaicRejected, MosaicUnavailable, exchange
from tests.client.conftest import Naps, Server, answer, make_client

OK = answer(b'{"organization_id": "o", "organization_name": "Tern Films"}')
HTML = answer(b"<!doctype html><p>Welcome to the hotel's network", kind="text/html")


def test_the_key_goes_as_bearer_and_nothing_from_the_environment_comes_along(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.answers = [OK]
    assert make_client(server.url).whoami().organization_name == "Tern Films"
    assert "Authorization: Bearer mk_test_key\r\n" in server.requests[0]


@pytest.mark.parametrize("status", ["429 Too Many Requests", "502 Bad Gateway", "503 Away", "504 Late"])
def test_a_get_is_repeated_after_a_busy_answer(server: Server, status: str) -> None:
    naps = Naps()
    server.answers = [answer(status=status), OK]
    assert make_client(server.url, naps).whoami().organization_id == "o"
    assert len(server.requests) == 2
    assert len(naps) == 1


def test_retry_after_is_respected_within_bounds(server: Server) -> None:
    naps = Naps()
    server.answers = [answer(status="429 Slow down", more="Retry-After: 1\r\n"), OK]
    make_client(server.url, naps).whoami()
    assert naps == [1.0]


def test_a_page_does_not_wait_for_a_long_retry_after(server: Server) -> None:
    naps = Naps()
    server.answers = [answer(status="429 Slow down", more="Retry-After: 3600\r\n")]
    with pytest.raises(MosaicUnavailable, match=r"asks for a pause: too many requests \(429\)") as caught:
        make_client(server.url, naps).whoami()
    assert caught.value.retry_after == 3600
    assert naps == []
    assert len(server.requests) == 1


def test_repeating_ends(server: Server) -> None:
    server.answers = [answer(status="503 Away")]
    with pytest.raises(MosaicUnavailable, match="503"):
        make_client(server.url).whoami()
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("raw", "may_have_acted"),
    [
        (answer(status="503 Away"), True),
        (answer(status="500 Oops"), True),
        (answer(status="429 Slow down"), False),
        (answer(b'{"run_id": "r', length=400), True),
        (b"", True),
        (None, True),
    ],
    ids=["503", "500", "429", "cut", "closed", "silent"],
)
def test_a_post_is_sent_once_whatever_happens(server: Server, raw: bytes | None, may_have_acted: bool) -> None:
    server.answers = [raw]
    with pytest.raises(MosaicUnavailable) as caught:
        make_client(server.url, read_seconds=0.3).start_run("agent", {"video_urls": []})
    assert caught.value.may_have_acted is may_have_acted
    assert len(server.requests) == 1


def test_a_refused_connection_has_done_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(MosaicUnavailable) as caught:
        make_client(f"http://{address}").start_run("agent", {})
    assert str(caught.value) == f"No answer from {address}: connection refused."
    assert not caught.value.may_have_acted


def test_an_unknown_name_has_done_nothing_and_is_named() -> None:
    with pytest.raises(MosaicUnavailable) as caught:
        make_client("http://api.nowhere.invalid").start_run("agent", {})
    assert str(caught.value) == "No answer from api.nowhere.invalid: name not found."
    assert not caught.value.may_have_acted


@pytest.mark.parametrize("url", ["http://[half", "notaurl", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_has_done_nothing(url: str) -> None:
    with pytest.raises(MosaicUnavailable) as caught:
        make_client(url).start_run("agent", {})
    assert not caught.value.may_have_acted


def test_silence_is_told_in_seconds(server: Server) -> None:
    server.answers = [None]
    with pytest.raises(MosaicUnavailable, match=r"nothing came within 0\.2 seconds") as caught:
        make_client(server.url, read_seconds=0.2).whoami()
    assert not caught.value.may_have_acted, "a GET changes nothing"


def test_html_for_json_points_to_the_address(server: Server) -> None:
    server.answers = [HTML]
    with pytest.raises(MosaicProtocolError, match=r"a web page instead of data\. Check the address") as caught:
        make_client(server.url).start_run("agent", {})
    assert caught.value.may_have_acted


@pytest.mark.parametrize("body", [b"[1, 2]", b'"text"', b"{", b"\xff\xfe", b"[" * 100_000])
def test_an_answer_that_is_no_object_is_a_protocol_error(server: Server, body: bytes) -> None:
    server.answers = [answer(body)]
    with pytest.raises(MosaicProtocolError, match="cannot be read"):
        make_client(server.url).whoami()


def test_a_body_without_end_is_not_read_to_its_end(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_BODY_BYTES", 1024 * 1024)
    server.answers = [answer(b" " * (3 * 1024 * 1024))]
    with pytest.raises(MosaicProtocolError, match="more than 1 MB"):
        make_client(server.url).whoami()


@pytest.mark.parametrize(("status", "may_have_acted"), [("302 Found", False), ("308 Moved", False), ("303 See", True)])
def test_a_redirect_is_not_followed_with_the_key(server: Server, status: str, may_have_acted: bool) -> None:
    server.answers = [answer(status=status, more=f"Location: {server.url}/elsewhere\r\n")]
    with pytest.raises(MosaicProtocolError, match="redirect") as caught:
        make_client(server.url).start_run("agent", {})
    assert caught.value.may_have_acted is may_have_acted
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("https://api.mosaic.example/whoami", r"redirect \(301\) to https://api\.mosaic\.example\. Check"),
        ("/login", r"redirect \(301\)\. Check"),
        ("https://user:secret@host/", r"redirect \(301\)\. Check"),
        ("http://[half", r"redirect \(301\)\. Check"),
    ],
)
def test_a_redirect_says_to_which_server_it_leads(server: Server, target: str, told: str) -> None:
    server.answers = [answer(status="301 Moved", more=f"Location: {target}\r\n")]
    with pytest.raises(MosaicProtocolError, match=told):
        make_client(server.url).whoami()


def test_a_page_that_is_not_found_is_another_server_and_json_is_a_refusal(server: Server) -> None:
    server.answers = [answer(b"<!doctype html><h1>Not Found</h1>", status="404 Not Found", kind="text/html")]
    with pytest.raises(MosaicProtocolError, match="web page instead of data") as caught:
        make_client(server.url).start_run("agent", {})
    assert not caught.value.may_have_acted
    server.answers = [answer(b'{"detail": "Not Found"}', status="404 Not Found")]
    with pytest.raises(MosaicRejected, match=r"\(404\): Not Found\."):
        make_client(server.url).whoami()


def test_the_remotes_clock_is_compared_with_ours(server: Server) -> None:
    client = make_client(server.url)
    ahead = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    server.answers = [answer(b'{"organization_id": "o"}', more=f"Date: {ahead}\r\n"), answer(more="Date: nonsense\r\n")]
    assert client.clock_ahead == 0
    client.whoami()
    assert 297 <= client.clock_ahead <= 300
    client.whoami()
    assert 297 <= client.clock_ahead <= 300, "an unreadable date says nothing"


@pytest.mark.parametrize("body", [b"{}", b'{"agents": null, "runs": {}}'])
def test_an_answer_without_its_list_is_not_an_empty_list(server: Server, body: bytes) -> None:
    server.answers = [answer(body)]
    with pytest.raises(MosaicProtocolError, match="without the list of agents"):
        make_client(server.url).agents()
    with pytest.raises(MosaicProtocolError, match="without the list of runs"):
        make_client(server.url).agent_runs()


@pytest.mark.parametrize(
    ("body", "code", "sentence"),
    [
        (b'{"error": "validation_error", "detail": "Unknown node."}', "validation_error", "(400): Unknown node."),
        (b'{"detail": "Unknown node"}', "", "(400): Unknown node."),
        (b'{"detail": [{"loc": ["body", "video_urls"], "msg": "too long"}]}', "", "(400): body.video_urls: too long."),
        (b'{"detail": {"odd": 1}}', "", '(400): {"odd": 1}.'),
        (b'{"error": "validation_error"}', "validation_error", "(400): validation_error."),
        (b'{"oops": true}', "", '(400): {"oops": true}.'),
        (b"not json", "", "(400) and gave no reason."),
    ],
)
def test_refusals_of_every_shape_are_sentences(server: Server, body: bytes, code: str, sentence: str) -> None:
    server.answers = [answer(body, status="400 Bad Request")]
    with pytest.raises(MosaicRejected) as caught:
        make_client(server.url).start_run("agent", {})
    assert caught.value.status == 400
    assert caught.value.code == code
    assert str(caught.value).endswith(sentence)


def test_a_refused_key_says_where_to_look(server: Server) -> None:
    server.answers = [answer(b'{"error": "invalid_api_key", "detail": "No."}', status="401 Unauthorized")]
    with pytest.raises(MosaicRejected, match=r"refused the key \(401\)\. Check it in Settings\.") as caught:
        make_client(server.url).whoami()
    assert caught.value.is_bad_key
