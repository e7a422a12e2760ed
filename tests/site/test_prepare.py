"""What `manage.py prepare` does to a folder that is new, up to date, older or newer."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError
from django.db.migrations.recorder import MigrationRecorder

from mosaic_dashboard import prepare
from runs.management.commands.prepare import first_administrator
from tests.site.processes import manage

if TYPE_CHECKING:
    from pathlib import Path

EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound here


def _migrations(file: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(file)) as database:
        return set(database.execute("SELECT app, name FROM django_migrations"))


@pytest.mark.django_db
class TestFirstAdministrator:
    """Made where nobody has an account yet."""

    @staticmethod
    def _make() -> dict[str, str]:
        told: dict[str, str] = {}
        first_administrator(lambda word, value: told.update({word: value}))
        return told

    def test_gets_a_password_that_works(self) -> None:
        told = self._make()
        assert list(told) == ["administrator", "password"]
        person = User.objects.get()
        assert (person.username, person.is_superuser, person.is_staff) == ("admin", True, True)
        assert person.check_password(told["password"])
        assert len(set(told["password"])) > 8

    def test_gets_the_password_of_the_setting_which_is_not_repeated(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MOSAIC_ADMIN_PASSWORD", "chosen by a person")
        told = self._make()
        assert User.objects.get().check_password("chosen by a person")
        assert told == {"administrator": "admin", "password": "(as set in MOSAIC_ADMIN_PASSWORD)"}

    def test_a_weak_password_is_taken_and_said(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("MOSAIC_ADMIN_PASSWORD", "12345")
        self._make()
        assert User.objects.get().check_password("12345")
        assert "MOSAIC_ADMIN_PASSWORD is weak" in caplog.text
        assert "12345" not in caplog.text

    def test_is_not_made_beside_others(self) -> None:
        User.objects.create_user("mary")
        assert self._make() == {}
        assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_newer_schema_is_refused_with_a_sentence() -> None:
    MigrationRecorder.Migration.objects.create(app="runs", name="0999_from_the_future")
    with pytest.raises(CommandError, match=r"written by a newer Mosaic Dashboard.*runs\.0999_from_the_future"):
        prepare.database()


def test_only_the_last_backups_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        database.execute("CREATE TABLE kept (word TEXT)")
        database.execute("INSERT INTO kept VALUES ('precious')")
        database.commit()
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", tmp_path / "db.sqlite3")
    copies = [prepare.back_up() for _ in range(prepare.KEPT_BACKUPS + 2)]
    kept = sorted((tmp_path / "backups").iterdir())
    assert kept == copies[2:]
    with closing(sqlite3.connect(kept[-1])) as copy:
        assert copy.execute("SELECT word FROM kept").fetchall() == [("precious",)]
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}


def test_a_folder_that_others_may_enter_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path / "var")
    prepare.folder()
    assert caplog.text == ""
    (tmp_path / "var").chmod(0o755)
    prepare.folder()
    assert f"Other accounts of this machine may enter {tmp_path / 'var'}" in caplog.text


@pytest.mark.parametrize(
    ("host", "public_url", "words"),
    [
        ("127.0.0.1", "", None),
        (EVERYWHERE, "", "MOSAIC_PUBLIC_URL is not set"),
        ("192.0.2.7", "http://studio.lan", "plain HTTP (http://studio.lan)"),
        (EVERYWHERE, "https://runs.example.org", None),
    ],
)
def test_serving_others_unsafely_is_warned_about(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, host: str, public_url: str, words: str | None
) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", public_url or "http://127.0.0.1:8000")
    monkeypatch.setattr(settings, "PUBLIC_URL_IS_SET", bool(public_url))
    monkeypatch.setattr(settings, "PUBLIC_IS_HTTPS", public_url.startswith("https"))
    prepare.warn_about_exposure(host)
    assert (caplog.text == "") if words is None else (words in caplog.text)


@pytest.mark.system
def test_an_older_database_is_copied_before_it_is_migrated(folder: Path) -> None:
    assert manage("migrate", "admin", "0001", folder=folder).returncode == 0
    older = _migrations(folder / "db.sqlite3")
    done = manage("prepare", folder=folder)
    assert done.returncode == 0, done.stderr
    (copy,) = (folder / "backups").iterdir()
    newer = _migrations(folder / "db.sqlite3")
    assert _migrations(copy) == older
    assert {app for app, _ in newer - older} == {"admin"}
    assert str(copy) in done.stderr
    assert done.stdout == "", "there is an administrator already"
    # And nothing is copied when there is nothing to do.
    manage("prepare", folder=folder)
    assert len(list((folder / "backups").iterdir())) == 1


@pytest.mark.system
def test_up_refuses_a_newer_database_and_leaves_it_alone(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('runs', '0999_later', '2030-01-01')"
        )
        database.commit()
    done = manage("up", "--port=0", folder=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert "The database was written by a newer Mosaic Dashboard (it has the migration runs.0999_later)" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "backups").exists()


@pytest.mark.system
def test_static_files_are_collected_when_a_source_changed(folder: Path) -> None:
    manifest = folder / "static" / "staticfiles.json"
    assert manifest.exists() and list((folder / "static").rglob("*.css.br")), "hashed and compressed"
    old = 1_600_000_000
    os.utime(manifest, (old, old))
    manage("prepare", folder=folder)
    assert manifest.stat().st_mtime == old, "nothing changed, nothing done"
    (folder / "static.stamp").write_text("of other sources")
    manage("prepare", folder=folder)
    assert manifest.stat().st_mtime > old


@pytest.mark.system
def test_the_roles_are_there(prepared: Path) -> None:
    with closing(sqlite3.connect(prepared / "db.sqlite3")) as database:
        names = {name for (name,) in database.execute("SELECT name FROM auth_group")}
    assert names == {"Viewer", "Editor", "Manager", "Administrator"}
