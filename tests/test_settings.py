"""The environment is read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ImproperlyConfigured

from mosaic_dashboard import env

if TYPE_CHECKING:
    from pathlib import Path


def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("mk_from_a_file\n")
    monkeypatch.setenv("MOSAIC_API_KEY_FILE", str(tmp_path / "key"))
    assert env.value("MOSAIC_API_KEY") == "mk_from_a_file"


def test_the_variable_itself_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("mk_from_a_file\n")
    monkeypatch.setenv("MOSAIC_API_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("MOSAIC_API_KEY", "mk_direct")
    assert env.value("MOSAIC_API_KEY") == "mk_direct"


def test_a_missing_secret_file_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOSAIC_API_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match="MOSAIC_API_KEY_FILE"):
        env.value("MOSAIC_API_KEY")


@pytest.mark.parametrize(("text", "expected"), [("on", True), ("1", True), ("off", False), ("No", False)])
def test_switches(monkeypatch: pytest.MonkeyPatch, text: str, expected: bool) -> None:
    monkeypatch.setenv("MOSAIC_ENGINE", text)
    assert env.switch("MOSAIC_ENGINE", default=not expected) is expected


def test_a_switch_that_is_neither_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOSAIC_ENGINE", "maybe")
    with pytest.raises(ImproperlyConfigured, match="on or off"):
        env.switch("MOSAIC_ENGINE", default=True)


def test_a_key_file_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "secret"
    first = env.key_file(path, env.secret_key)
    assert env.key_file(path, env.secret_key) == first
    assert path.stat().st_mode & 0o777 == 0o600
