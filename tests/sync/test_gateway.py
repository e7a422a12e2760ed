"""The rows that come from settings, and the clients made from rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runs import gateway
from runs.engine.demo import samples
from runs.models import Connection
from tests.factories import make_connection

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


def ensure() -> dict[str, Connection]:
    """Bring the rows in step; the managed ones by kind."""
    gateway.ensure_connections()
    return {row.kind: row for row in Connection.objects.filter(is_managed=True)}


def test_the_engine_and_a_key_stand_side_by_side(db: None, settings: Settings) -> None:
    settings.MOSAIC_API_KEY = "mk_a_real_key_1234"
    rows = ensure()
    assert (rows["engine"].name, rows["mosaic"].name) == ("Local engine", "Mosaic")
    assert rows["engine"].address == f"{settings.PUBLIC_URL}/engine"
    assert rows["mosaic"].address == settings.MOSAIC_API_URL
    assert rows["mosaic"].api_key_last4 == "1234"
    assert ensure().keys() == rows.keys()
    assert Connection.objects.count() == 2


def test_a_setting_that_goes_away_switches_its_row_off_and_back_on(db: None, settings: Settings) -> None:
    settings.MOSAIC_API_KEY = "mk_a_real_key_1234"
    settings.MOSAIC_ENGINE = False
    assert list(ensure()) == ["mosaic"]
    settings.MOSAIC_API_KEY = ""
    assert not ensure()["mosaic"].is_enabled
    settings.MOSAIC_API_KEY = "mk_a_real_key_1234"
    assert ensure()["mosaic"].is_enabled


def test_another_key_is_taken_over_and_must_prove_whose_it_is(db: None, settings: Settings) -> None:
    settings.MOSAIC_API_KEY = "mk_a_real_key_1234"
    ensure()
    Connection.objects.filter(kind="mosaic").update(organization_id="tern", due_at=None)
    settings.MOSAIC_API_KEY = "mk_another_key_5678"
    row = ensure()["mosaic"]
    assert (row.api_key, row.key_checked) == ("mk_another_key_5678", False)
    assert row.due_at is not None


def test_hand_made_rows_are_left_alone(db: None, settings: Settings) -> None:
    made = make_connection(name="Mosaic", kind="mosaic", address="https://api.example.org")
    settings.MOSAIC_API_KEY = "mk_a_real_key_1234"
    assert ensure()["mosaic"].name == "Mosaic 2"
    made.refresh_from_db()
    assert (made.is_managed, made.address, made.is_enabled) == (False, "https://api.example.org", True)


@pytest.mark.parametrize(
    ("kind", "address", "service"),
    [
        ("engine", "http://127.0.0.1:8000/engine", "Local engine"),
        ("mosaic", "https://api.mosaic.so", "Mosaic"),
        ("mosaic", "https://api.example.org", "api.example.org"),
    ],
)
def test_clients_name_their_remote(db: None, kind: str, address: str, service: str) -> None:
    assert gateway.client_for(make_connection(kind=kind, address=address)).service == service


def test_a_changed_key_gets_a_new_session(db: None) -> None:
    row = make_connection()
    first = gateway._session(row)
    assert gateway._session(row) is first
    row.set_api_key("mk_another_key_5678")
    assert gateway._session(row) is not first


def test_the_sample_clips_address(db: None, settings: Settings) -> None:
    url = gateway.sample_url(make_connection())
    assert url == f"{settings.PUBLIC_URL}/engine/samples/{samples.CLIP_FILE}"
    assert gateway.sample_url(make_connection(kind="mosaic")) == ""
