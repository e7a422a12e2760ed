"""Credits and plan: shown from the record, read from the remote, changed by managers, paid elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from runs.client.errors import MosaicUnavailable
from runs.client.payloads import UpgradeResult
from runs.jobs import work
from runs.views.billing import is_trustworthy
from runs.views.money import money_of
from tests.factories import make_agent, make_connection, make_run

if TYPE_CHECKING:
    from django.test import Client

    from runs.models import Connection

pytestmark = pytest.mark.django_db
RECORD: dict[str, Any] = {
    "credits": {
        "balance": 842.5,
        "plan_id": "creator",
        "auto_topup_eligible": True,
        "auto_topup_enabled": True,
        "auto_topup_threshold": 50,
        "auto_topup_quantity": 200,
    },
    "plan": {
        "plan": {"id": "creator", "status": "active", "current_period_end": "2026-12-12T00:00:00Z"},
        "scheduled_plan": {"id": "pro_annual"},
        "credits": {"balance": 842.5, "usage": 657.5, "included_usage": 1500},
    },
    "plans": [
        {"id": "free", "billing": "monthly", "price_usd": 0, "credits_per_month": 100},
        {"id": "creator", "billing": "monthly", "price_usd": 29, "credits_per_month": 1500},
        {
            "id": "pro",
            "billing": "monthly",
            "price_usd": 99,
            "credits_per_month": 6000,
            "top_up_rate_per_100_credits_usd": 2.5,
            "notes": "Priority queue",
        },
    ],
}


@pytest.fixture
def connection(db: None) -> Connection:
    """A connection whose record is fresh, so that nothing is read."""
    return make_connection(name="Studio", billing=RECORD, billing_at=timezone.now())


@pytest.fixture
def upgrades(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The (plan, return address) asked for; the plans ``paid`` and ``odd`` ask for a payment."""
    asked: list[tuple[str, str]] = []

    def upgrade(_connection: object, _client: object, plan_id: str, return_url: str, by: object) -> UpgradeResult:
        asked.append((plan_id, return_url))
        url = {"paid": "https://checkout.example/pay?session=1", "odd": "http://pay.example/"}.get(plan_id, "")
        return UpgradeResult(not url, bool(url), plan_id, "", url)

    monkeypatch.setattr("runs.actions.upgrade_plan", upgrade)
    return asked


def _upgrade(client: Client, connection: Connection, plan_id: str = "pro") -> Any:
    return client.post("/billing/upgrade/", {"connection": connection.pk, "plan_id": plan_id})


def test_balance_plan_and_plans_are_shown_from_the_record(as_bob: Client, connection: Connection) -> None:
    page = as_bob.get("/billing/").content.decode()
    for text in ("842.5", "657.5 of 1\u202f500", "Creator", "active", "12 Dec", "Pro annual", "$99", "a month"):
        assert text in page, text
    for text in ("On: 200 credits when fewer than 50 are left", "100 more for $2.50", "Priority queue", "Your plan"):
        assert text in page, text


def test_viewers_and_editors_read_why_they_cannot_upgrade(
    as_bob: Client, as_alice: Client, connection: Connection
) -> None:
    for person in (as_bob, as_alice):
        page = person.get("/billing/").content.decode()
        assert "Changing the plan needs the Manager role." in page
        assert "billing/upgrade" not in page
        assert _upgrade(person, connection).status_code == 403


def test_strangers_find_nothing_to_upgrade(as_charlie: Client, connection: Connection) -> None:
    assert as_charlie.get("/billing/").status_code == 403
    assert _upgrade(as_charlie, connection).status_code == 404


def test_managers_choose_among_the_other_plans(as_mary: Client, connection: Connection) -> None:
    page = as_mary.get("/billing/").content.decode()
    assert page.count('name="plan_id"') == 2
    assert 'value="creator"' not in page
    assert "Upgrade<span" in page
    assert "Switch<span" in page


def test_an_upgrade_that_needs_no_payment_is_said(
    as_mary: Client, connection: Connection, upgrades: list[tuple[str, str]]
) -> None:
    response = _upgrade(as_mary, connection)
    assert (response.status_code, response["Location"]) == (302, "/billing/")
    assert upgrades == [("pro", "http://testserver/billing/?again=1")]
    assert "Studio is on the plan Pro now." in as_mary.get("/billing/").content.decode()


def test_a_payment_is_opened_once_and_its_link_stays_until_one_comes_back(
    as_mary: Client, connection: Connection, upgrades: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runs.actions.refresh_billing", lambda *_args: None)
    target = _upgrade(as_mary, connection, "paid")["Location"]
    opened = as_mary.get(target).content.decode()
    assert '<meta http-equiv="refresh" content="0; url=https://checkout.example/pay?session=1">' in opened
    later = as_mary.get("/billing/").content.decode()
    assert "http-equiv" not in later
    assert 'href="https://checkout.example/pay?session=1"' in later
    assert "checkout.example" not in as_mary.get("/billing/?again=1").content.decode()


def test_an_unsafe_payment_address_is_not_opened(
    as_mary: Client, connection: Connection, upgrades: list[tuple[str, str]]
) -> None:
    assert _upgrade(as_mary, connection, "odd")["Location"] == "/billing/"
    page = as_mary.get("/billing/").content.decode()
    assert "no safe address" in page
    assert "pay.example" not in page


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://checkout.example/x", True),
        ("http://127.0.0.1:9/x", True),
        ("http://localhost/x", True),
        ("http://[::1]/x", True),
        ("http://checkout.example/x", False),
        ("javascript:alert(1)", False),
        ("https:///x", False),
        ("", False),
        ("https://[", False),
        ("https://shop.example\\@evil.example/", False),
        ("https://shop.example@evil.example/", False),
        ("https://shop.example/ x", False),
        ("https://shop.example/\r\nSet-Cookie:x", False),
        ("//evil.example", False),
    ],
)
def test_payment_pages_are_opened_over_https_alone(url: str, trusted: bool) -> None:
    assert is_trustworthy(url) is trusted


def test_choosing_the_plan_one_has_is_refused_in_words(as_mary: Client, connection: Connection) -> None:
    _upgrade(as_mary, connection, "creator")
    assert "creator is the plan already." in as_mary.get("/billing/").content.decode()


def test_an_upgrade_without_a_plan_or_connection_goes_nowhere(as_mary: Client, connection: Connection) -> None:
    assert _upgrade(as_mary, connection, " ")["Location"] == "/billing/"
    assert as_mary.post("/billing/upgrade/", {"connection": "rubbish", "plan_id": "pro"}).status_code == 404


@pytest.mark.parametrize(
    ("age", "query", "trouble", "read"),
    [(0, "", False, 0), (120, "", False, 1), (120, "", True, 0), (0, "?again=1", False, 1), (0, "?again=1", True, 1)],
)
def test_the_remote_is_read_when_the_record_is_old_or_one_asks(
    as_bob: Client, monkeypatch: pytest.MonkeyPatch, age: int, query: str, trouble: bool, read: int
) -> None:
    reads: list[object] = []
    monkeypatch.setattr("runs.actions.refresh_billing", lambda connection, _client: reads.append(connection))
    connection = make_connection(billing=RECORD, billing_at=timezone.now() - timedelta(seconds=age))
    if trouble:
        connection.note_trouble("No answer.", timezone.now())
    as_bob.get(f"/billing/{query}")
    assert len(reads) == read


def test_a_run_that_stopped_for_want_of_credits_makes_the_record_old(
    as_bob: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[object] = []
    monkeypatch.setattr("runs.actions.refresh_billing", lambda connection, _client: reads.append(connection))
    now = timezone.now()
    connection = make_connection(billing=RECORD, billing_at=now - timedelta(seconds=20))
    waiting = {"status": "failed", "needs_credits": True}
    run = make_run(make_agent(connection), **waiting, finished_at=now - timedelta(seconds=30))
    as_bob.get("/billing/")
    assert reads == []
    make_run(run.agent, **waiting, finished_at=now)
    as_bob.get("/billing/")
    assert reads == [connection]


def test_when_the_remote_is_away_the_record_is_shown_with_its_time(
    as_bob: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_connection(name="Studio", billing=RECORD, billing_at=timezone.now() - timedelta(minutes=7))

    def away(connection: Connection, _client: object) -> None:
        connection.note_trouble("Studio did not answer.", timezone.now())
        raise MosaicUnavailable("Studio did not answer.")

    monkeypatch.setattr("runs.actions.refresh_billing", away)
    page = as_bob.get("/billing/").content.decode()
    assert "842.5" in page
    assert "7 min ago" in page
    assert "no good contact with Studio" in page


def test_runs_that_wait_for_credits_are_listed(as_bob: Client, connection: Connection) -> None:
    waiting = make_run(make_agent(connection, name="Trailer"), status="failed", needs_credits=True)
    aside = make_run(status="failed", needs_credits=True, dismissed_at=timezone.now())
    page = as_bob.get("/billing/").content.decode()
    assert f"/runs/{waiting.pk}/" in page
    assert f"/runs/{aside.pk}/" not in page


@pytest.mark.parametrize(
    "record", [{}, {"credits": None, "plan": None, "plans": []}, {"credits": {}, "plan": {"plan": None}, "plans": None}]
)
def test_missing_parts_are_unknown_and_no_error(as_bob: Client, record: dict[str, Any]) -> None:
    connection = make_connection(billing=record, billing_at=timezone.now())
    money = money_of(connection)
    assert (money.balance, money.offers, money.tone) == (None, (), "neutral")
    assert as_bob.get("/billing/").status_code == 200


def test_the_tone_follows_the_balance() -> None:
    def tone(balance: float, *, unlimited: bool = False) -> str:
        credits_ = {"balance": balance, "unlimited": unlimited}
        return money_of(make_connection(billing=RECORD | {"credits": credits_})).tone

    assert [tone(0), tone(100), tone(1000), tone(0, unlimited=True)] == ["bad", "warn", "neutral", "neutral"]


def test_the_worker_reads_the_balance_that_home_shows(as_bob: Client) -> None:
    connection = make_connection(name="Local engine", due_at=timezone.now())
    work.read_connection(str(connection.pk))
    connection.refresh_from_db()
    assert connection.billing_at is not None
    balance = money_of(connection).balance
    assert balance is not None
    assert f'<span class="figure">{balance:,.0f}'.replace(",", "\u202f") in as_bob.get("/billing/").content.decode()


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-13-45T00:00:00Z", "x"]
)
def test_a_date_that_is_none_is_unknown(as_bob: Client, text: str) -> None:
    plan = {"plan": {"id": "creator", "current_period_end": text, "canceled_at": text}}
    make_connection(billing=RECORD | {"plan": plan}, billing_at=timezone.now())
    assert as_bob.get("/billing/").status_code == 200
