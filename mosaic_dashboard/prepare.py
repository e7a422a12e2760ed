"""What must be in place before a page is served: the folder, the schema, the static files. Quick when all is well."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from mosaic_dashboard import env

if TYPE_CHECKING:
    from django.db.migrations.loader import MigrationLoader

log = logging.getLogger(__name__)

KEPT_BACKUPS = 5
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def folder() -> None:
    """Make the data folder; one that others may read is said, not changed: it may be shared on purpose."""
    env.private_folder(settings.DATA_DIR)
    if stat.S_IMODE(settings.DATA_DIR.stat().st_mode) & 0o077:
        log.warning("Other accounts of this machine may enter %s; `chmod 700` closes it.", settings.DATA_DIR)


def database() -> None:
    """Bring the schema up to date; an existing SQLite file is copied first, and a newer schema is refused."""
    executor = MigrationExecutor(connection)
    unknown = _unknown_migrations(executor.loader)
    if unknown:
        raise CommandError(
            "The database was written by a newer Mosaic Dashboard (it has the migration "
            f"{'.'.join(unknown[0])}); start that version, or restore a backup of this one's."
        )
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    copy = back_up() if executor.loader.applied_migrations else None
    log.info("Applying %d migrations.", len(plan))
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except Exception as error:
        where = f" The database as it was before is in {copy}." if copy else ""
        raise CommandError(f"A migration failed: {error}.{where}") from error


def back_up() -> Path | None:
    """Copy the SQLite file while it may be in use; answers the copy's path, or None where there is no such file."""
    if connection.vendor != "sqlite":
        return None
    folder = env.private_folder(settings.DATA_DIR / "backups")
    target = folder / f"db-{timezone.now():%Y%m%d-%H%M%S-%f}.sqlite3"
    unfinished = target.with_suffix(".part")
    with (
        closing(sqlite3.connect(str(settings.DATABASES["default"]["NAME"]))) as source,
        closing(sqlite3.connect(unfinished)) as copy,
    ):
        source.backup(copy)
    unfinished.chmod(0o600)
    unfinished.rename(target)
    log.info("The database was copied to %s.", target)
    for old in sorted(folder.glob("db-*.sqlite3"))[:-KEPT_BACKUPS]:
        old.unlink()
    return target


def static_files() -> None:
    """Collect, hash and compress the static files when one of their sources changed since the last time."""
    wanted = _static_sources()
    stamp = settings.STATIC_ROOT.with_suffix(".stamp")
    if stamp.is_file() and settings.STATIC_ROOT.is_dir() and stamp.read_text(encoding="utf-8") == wanted:
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(wanted, encoding="utf-8")


def warn_about_exposure(host: str) -> None:
    """Say what is unsafe or will not work when the server listens beyond this machine."""
    if host in LOOPBACK:
        return
    if not settings.PUBLIC_URL_IS_SET:
        log.warning(
            "Serving beyond this machine (%s), but MOSAIC_PUBLIC_URL is not set: "
            "pages answer only under the names of this machine itself.",
            host,
        )
    elif not settings.PUBLIC_IS_HTTPS:
        log.warning(
            "Serving beyond this machine over plain HTTP (%s): passwords and sessions can be read on the way. "
            "Put an HTTPS proxy before it and set MOSAIC_PUBLIC_URL to its https:// address.",
            settings.PUBLIC_URL,
        )


def _unknown_migrations(loader: MigrationLoader) -> list[tuple[str, str]]:
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update((app, name) for app, name in migration.replaces)
    return sorted(set(loader.applied_migrations) - known)


def _static_sources() -> str:
    digest = hashlib.sha256(repr(settings.STORAGES).encode())
    for finder in get_finders():
        for name, storage in finder.list(None):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
