"""The environment is read strictly."""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from mosaic_dashboard import env

SETTINGS = Path(env.__file__).with_name("settings.py")


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


def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **changes: str) -> dict[str, Any]:
    """What the settings module says under another environment; the running settings are not touched."""
    for name in [name for name in os.environ if name.startswith("MOSAIC_")]:
        monkeypatch.delenv(name)
    for name, text in {"MOSAIC_DATA_DIR": str(tmp_path / "var"), "MOSAIC_ENV_FILE": os.devnull, **changes}.items():
        monkeypatch.setenv(name, text)
    return runpy.run_path(str(SETTINGS))


def test_on_one_machine_plain_http_is_fine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = _settings(monkeypatch, tmp_path)
    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "[::1]", "localhost"]
    assert (found["SESSION_COOKIE_SECURE"], found["CSRF_COOKIE_SECURE"], found["SECURE_HSTS_SECONDS"]) == (
        False,
        False,
        0,
    )
    assert (found["SECURE_PROXY_SSL_HEADER"], found["MOSAIC_TRUSTED_PROXY"]) == (None, "")


def test_an_https_address_makes_everything_follow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = _settings(monkeypatch, tmp_path, MOSAIC_PUBLIC_URL="https://runs.example.org/")
    assert found["PUBLIC_URL"] == "https://runs.example.org"
    assert "runs.example.org" in found["ALLOWED_HOSTS"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://runs.example.org"]
    assert found["SESSION_COOKIE_SECURE"] and found["CSRF_COOKIE_SECURE"] and found["SECURE_SSL_REDIRECT"]
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert found["MOSAIC_TRUSTED_PROXY"] == "127.0.0.1"


def test_a_plain_public_address_trusts_no_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changes = {"MOSAIC_PUBLIC_URL": "http://192.0.2.7:8000", "MOSAIC_ALLOWED_HOSTS": "studio.lan, studio"}
    found = _settings(monkeypatch, tmp_path, **changes)
    assert {"192.0.2.7", "studio.lan", "studio"} <= set(found["ALLOWED_HOSTS"])
    assert found["CSRF_TRUSTED_ORIGINS"] == ["http://192.0.2.7:8000"]
    assert (found["MOSAIC_TRUSTED_PROXY"], found["SESSION_COOKIE_SECURE"]) == ("", False)


@pytest.mark.parametrize(
    ("changes", "engine"),
    [
        ({}, True),
        ({"MOSAIC_API_KEY": "mk_something"}, False),
        ({"MOSAIC_API_KEY": "mk_something", "MOSAIC_ENGINE": "on"}, True),
        ({"MOSAIC_ENGINE": "off"}, False),
    ],
)
def test_the_engine_is_on_where_there_is_no_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changes: dict[str, str], engine: bool
) -> None:
    assert _settings(monkeypatch, tmp_path, **changes)["MOSAIC_ENGINE"] is engine


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MOSAIC_API_URL", "api.mosaic.so"),
        ("MOSAIC_API_URL", "ftp://api.mosaic.so"),
        ("MOSAIC_PUBLIC_URL", "runs.example.org"),
        ("MOSAIC_PUBLIC_URL", "https://runs.example.org/dashboard"),
        ("MOSAIC_PUBLIC_URL", "https://runs.example.org:port"),
        ("MOSAIC_MEDIA_ORIGINS", "https://a.example/path"),
        ("MOSAIC_MEDIA_ORIGINS", "https://a.example;script-src"),
        ("MOSAIC_FETCH_ALLOW", "10.0.0.0/99"),
        ("MOSAIC_FETCH_ALLOW", "http://media.lan"),
        ("MOSAIC_ENGINE_CREDITS", "-5"),
        ("MOSAIC_ENGINE_CREDITS", "many"),
        ("MOSAIC_LEASE_SECONDS", "1"),
        ("MOSAIC_ENGINE_FAULTS", "some"),
        ("MOSAIC_LOG_LEVEL", "LOUD"),
        ("MOSAIC_TIME_ZONE", "Nowhere/Town"),
    ],
)
def test_what_cannot_be_understood_stops_the_start_and_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name} must "):
        _settings(monkeypatch, tmp_path, **{name: text})


def test_lists_take_commas_and_spaces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changes = {
        "MOSAIC_FETCH_ALLOW": "media.lan, 10.0.0.0/8 ::1",
        "MOSAIC_MEDIA_ORIGINS": "https://a.example,https://b.example:8443",
    }
    found = _settings(monkeypatch, tmp_path, **changes)
    assert found["MOSAIC_FETCH_ALLOW"] == ["media.lan", "10.0.0.0/8", "::1"]
    policy = found["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert policy["media-src"][1:] == ["https://a.example", "https://b.example:8443"]


def test_every_setting_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "credits").write_text("77\n")
    (tmp_path / "public").write_text("https://runs.example.org\n")
    changes = {
        "MOSAIC_ENGINE_CREDITS_FILE": str(tmp_path / "credits"),
        "MOSAIC_PUBLIC_URL_FILE": str(tmp_path / "public"),
    }
    found = _settings(monkeypatch, tmp_path, **changes)
    assert (found["MOSAIC_ENGINE_CREDITS"], found["PUBLIC_URL"]) == (77, "https://runs.example.org")


def test_the_data_folder_and_its_keys_are_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _settings(monkeypatch, tmp_path)
    folder = tmp_path / "var"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "keys").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (folder / "keys").iterdir()} == {0o600}
