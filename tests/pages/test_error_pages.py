"""When something goes wrong: in the look, with a sentence, and without a database where that may be what broke."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from runs.actions import ActionNotAllowed
from runs.client.errors import MosaicProtocolError, MosaicRejected, MosaicUnavailable
from runs.views import errors

if TYPE_CHECKING:
    from collections.abc import Callable


def test_an_unknown_address_is_a_page_with_a_way_home(as_bob: Client) -> None:
    response = as_bob.get("/nowhere/")
    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()


def test_strangers_get_the_plain_404_too(client: Client, db: None) -> None:
    assert client.get("/nowhere/").status_code == 404


def test_a_role_too_low_is_told_which_one_is_needed(as_bob: Client) -> None:
    response = as_bob.get("/settings/connections/")
    assert response.status_code == 403
    assert "needs the Administrator role" in response.content.decode()


def test_a_form_without_its_token_is_refused_with_advice(alice: object) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/login/", {"username": "alice", "password": "x"})
    assert response.status_code == 403
    assert "Nothing was sent" in response.content.decode()


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_the_last_pages_need_neither_database_nor_request(name: str) -> None:
    page = render_to_string(name)
    assert page.count("<h1>") == 1
    assert "css/base.css" in page
    assert "<style" not in page


def test_a_crash_answers_with_the_page_and_not_with_a_trace(as_bob: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_user: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("runs.access.runs_for", broken)
    as_bob.raise_request_exception = False
    response = as_bob.get("/runs/")
    assert response.status_code == 500
    assert "Something broke here" in response.content.decode()
    assert "secret detail" not in response.content.decode()


@pytest.mark.parametrize(
    ("error", "status", "part"),
    [
        (ActionNotAllowed("The run has finished."), 409, "The run has finished."),
        (MosaicRejected(409, "conflict", "Run is not failed"), 409, "Run is not failed"),
        (MosaicRejected(404, "not_found", None), 409, "gave no reason"),
        (MosaicRejected(401, "unauthorized", "no"), 409, "Check it in Settings"),
        (MosaicRejected(400, "validation_error", "unknown node"), 422, "unknown node"),
        (MosaicRejected(422, "parameter_out_of_range", [{"loc": ["a"], "msg": "too large"}]), 422, "a: too large"),
        (MosaicUnavailable("Mosaic did not answer."), 503, "Mosaic did not answer."),
        (MosaicUnavailable("Mosaic did not answer.", may_have_acted=True), 503, "we will find out"),
        (MosaicUnavailable("Mosaic is busy.", retry_after=7), 503, "7 s"),
        (MosaicProtocolError("Mosaic answered with a web page."), 503, "web page"),
    ],
)
def test_what_can_go_wrong_becomes_a_status_and_a_sentence(error: Exception, status: int, part: str) -> None:
    trouble = errors.trouble_of(error)
    assert trouble.status == status
    assert part in trouble.sentence
    assert trouble.tone == ("warn" if status == 503 else "bad")


def test_a_refusal_keeps_the_remotes_own_words_for_the_form() -> None:
    trouble = errors.trouble_of(MosaicRejected(400, "validation_error", {"node": "x"}))
    assert (trouble.code, trouble.detail) == ("validation_error", {"node": "x"})


def test_a_bug_is_not_dressed_up_as_an_answer() -> None:
    with pytest.raises(KeyError):
        errors.trouble_of(KeyError("bug"))


def test_without_htmx_the_sentence_waits_on_the_page(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    request = rf.post("/runs/")
    storage: Callable[..., CookieStorage] = CookieStorage
    request._messages = storage(request)  # type: ignore[attr-defined]
    response = errors.send_back(request, errors.Trouble(409, "Not now."), "runs:runs")
    assert response["Location"] == "/runs/"
    assert [str(message) for message in get_messages(request)] == ["Not now."]
