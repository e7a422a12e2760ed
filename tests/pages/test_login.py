"""Coming in: who may, where to, how often one may guess, and what is written down."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.urls import reverse
from django.utils import timezone

from runs.models import AuditEvent, LoginThrottle
from runs.views.login import ACCOUNT_FREE, ACCOUNT_LONGEST, ADDRESS_FREE
from tests.factories import PASSWORD, make_user

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

pytestmark = pytest.mark.django_db
LOGIN = "/login/"


def _post(client: Client, username: str, password: str, **more: str) -> int:
    return client.post(LOGIN, {"username": username, "password": password, **more}).status_code


def test_the_right_password_opens_home_and_is_written_down(client: Client, alice: User) -> None:
    response = client.post(LOGIN, {"username": "alice", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, reverse("runs:home"))
    event = AuditEvent.objects.get()
    assert (event.verb, event.username, event.address) == ("login", "alice", "127.0.0.1")


@pytest.mark.parametrize(
    ("wanted", "followed"),
    [
        ("/runs/?status=failed", "/runs/?status=failed"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("runs", "/"),
        ("runs:home", "/"),
        ("\\\\evil.example", "/"),
        ("/runs/\r\nX-Evil: 1", "/runs/%0D%0AX-Evil:%201"),
    ],
)
def test_next_is_followed_only_inside_this_site(client: Client, alice: User, wanted: str, followed: str) -> None:
    response = client.post(LOGIN, {"username": "alice", "password": PASSWORD, "next": wanted})
    assert response["Location"] == followed


def test_a_wrong_password_keeps_the_name_and_never_echoes_the_password(client: Client, alice: User) -> None:
    response = client.post(LOGIN, {"username": "alice", "password": "not-this-one", "next": "/runs/"})
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="alice"' in page
    assert 'value="/runs/"' in page
    assert "do not fit" in page
    assert "not-this-one" not in page


def test_unknown_names_get_the_same_answer_and_the_same_work(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counting(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    known = client.post(LOGIN, {"username": "alice", "password": "wrong"}).content.decode()
    work_for_known = len(hashed)
    unknown = client.post(LOGIN, {"username": "nobody", "password": "wrong"}).content.decode()
    assert len(hashed) == 2 * work_for_known > 0
    assert "do not fit" in known
    assert "do not fit" in unknown


def test_what_was_typed_is_not_written_down_when_it_names_nobody(client: Client, alice: User) -> None:
    _post(client, "my secret by mistake", "wrong")
    _post(client, "alice", "wrong")
    stranger, known = AuditEvent.objects.order_by("id")
    assert (stranger.verb, stranger.username, stranger.object_label) == ("login_failed", "", "unknown account")
    assert (known.verb, known.username) == ("login_failed", "alice")


def test_guessing_one_account_is_slowed_down_and_the_wait_is_said(client: Client, alice: User) -> None:
    for _ in range(ACCOUNT_FREE):
        assert _post(client, "alice", "wrong") == 422
    assert _post(client, "ALICE", "wrong") == 422
    response = client.post(LOGIN, {"username": "alice", "password": PASSWORD})
    assert response.status_code == 429
    assert response["Retry-After"] == "2"
    assert "Try again in 2 seconds" in response.content.decode()


def test_the_right_password_works_after_the_wait_and_clears_the_account(client: Client, alice: User) -> None:
    for _ in range(ACCOUNT_FREE + 1):
        _post(client, "alice", "wrong")
    LoginThrottle.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))
    assert _post(client, "alice", PASSWORD) == 302
    assert not LoginThrottle.objects.filter(key="account:alice").exists()


def test_the_wait_doubles_up_to_a_bound() -> None:
    for _ in range(ACCOUNT_FREE + 3):
        LoginThrottle.objects.note_failure("account:a", free=ACCOUNT_FREE, longest_seconds=ACCOUNT_LONGEST)
    assert LoginThrottle.objects.wait_seconds(["account:a"]) == 8
    LoginThrottle.objects.filter(key="account:a").update(failures=10_000)
    LoginThrottle.objects.note_failure("account:a", free=ACCOUNT_FREE, longest_seconds=ACCOUNT_LONGEST)
    assert LoginThrottle.objects.wait_seconds(["account:a"]) == ACCOUNT_LONGEST


def test_failures_are_forgotten_after_an_hour() -> None:
    LoginThrottle.objects.create(key="account:a", failures=50, last_failure_at=timezone.now() - timedelta(hours=2))
    LoginThrottle.objects.note_failure("account:a", free=ACCOUNT_FREE, longest_seconds=ACCOUNT_LONGEST)
    assert LoginThrottle.objects.get(key="account:a").failures == 1
    assert LoginThrottle.objects.wait_seconds(["account:a"]) == 0


def test_one_address_that_tries_many_names_is_slowed_down(client: Client, alice: User) -> None:
    for number in range(ADDRESS_FREE + 1):
        assert _post(client, f"name{number}", "wrong") == 422
    assert _post(client, "alice", PASSWORD) == 429


def test_a_network_full_of_addresses_counts_as_one(client: Client, alice: User) -> None:
    for number in range(ADDRESS_FREE + 1):
        client.defaults["REMOTE_ADDR"] = f"2001:db8:1:2::{number:x}"
        assert _post(client, f"name{number}", "wrong") == 422
    assert _post(client, "alice", PASSWORD) == 429
    client.defaults["REMOTE_ADDR"] = "2001:db8:1:3::1"
    assert _post(client, "alice", PASSWORD) == 302


@pytest.mark.parametrize("name", ["alice", "ALICE", " alice ", "Alice\t"])
def test_spelling_and_headers_give_no_further_tries(client: Client, alice: User, name: str) -> None:
    for number in range(ACCOUNT_FREE + 1):
        client.post(LOGIN, {"username": name, "password": "wrong"}, headers={"X-Forwarded-For": f"203.0.113.{number}"})
    assert _post(client, "alice", PASSWORD) == 429


@pytest.mark.parametrize("name", ["a\0b", "\ud83d", "x" * 5000, "‮ecila"])
def test_odd_names_are_answered_like_wrong_ones(client: Client, alice: User, name: str) -> None:
    sent = urlencode({"username": name.encode("utf-8", "surrogatepass"), "password": "wrong"})
    answer = client.post(LOGIN, sent, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422


def test_an_inactive_account_stays_out(client: Client, db: None) -> None:
    make_user("gone", "Viewer", is_active=False)
    assert _post(client, "gone", PASSWORD) == 422


def test_empty_fields_are_named(client: Client, db: None) -> None:
    page = client.post(LOGIN, {"username": "", "password": ""}).content.decode()
    assert "Enter your account name." in page
    assert "Enter your password." in page


def test_whoever_is_in_already_goes_on(as_alice: Client) -> None:
    assert as_alice.get(LOGIN, {"next": "/agents/"})["Location"] == "/agents/"


def test_logout_is_a_post_and_is_written_down(as_alice: Client) -> None:
    assert as_alice.get("/logout/")["Location"] == "/"
    assert as_alice.post("/logout/")["Location"] == LOGIN
    assert AuditEvent.objects.get().verb == "logout"
    assert as_alice.get("/runs/").status_code == 302


def test_a_partial_asked_for_after_the_session_ended_sends_the_whole_page_to_the_login(client: Client) -> None:
    here = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://testserver/runs/?q=a"}
    asked = client.get("/agents/", **here)  # type: ignore[arg-type]
    assert asked.status_code == 302
    answer = client.get(asked["Location"], **here)  # type: ignore[arg-type]
    assert answer["HX-Redirect"] == "/login/?next=%2Fruns%2F%3Fq%3Da"
