"""Settings read from the environment: what django-environ does not do for us.

Every value may stand in the environment, in ``.env`` or, for secrets, in a file named by ``NAME_FILE``.
A value that cannot be understood stops the start with a sentence; nothing is guessed.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import secrets
import zoneinfo
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Callable


def value(name: str, default: str = "") -> str:
    """The setting ``name``: from the environment, else from the file that ``NAME_FILE`` names, else ``default``."""
    direct = os.environ.get(name, "").strip()
    file_name = os.environ.get(f"{name}_FILE", "").strip()
    if direct or not file_name:
        return direct or default
    try:
        return Path(file_name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {file_name}, which cannot be read: {error.strerror}") from error


def switch(name: str, *, default: bool) -> bool:
    """A yes/no setting; ``on``/``off``, ``1``/``0``, ``true``/``false``, ``yes``/``no`` are understood."""
    text = value(name).lower()
    if not text:
        return default
    if text in {"on", "1", "true", "yes"}:
        return True
    if text in {"off", "0", "false", "no"}:
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, not {text!r}.")


def number(name: str, default: int, *, minimum: int = 0) -> int:
    """A whole number of at least ``minimum``."""
    text = value(name)
    if not text:
        return default
    if not text.isdecimal() or int(text) < minimum:
        raise ImproperlyConfigured(f"{name} must be a whole number of at least {minimum}, not {text!r}.")
    return int(text)


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas or spaces."""
    return value(name, default).replace(",", " ").split()


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of ``allowed``, however it is capitalised."""
    text = value(name, default).upper()
    if text not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {text!r}.")
    return text


def address(name: str, default: str = "") -> str:
    """An http(s) address, without a trailing slash; a path is allowed, a query is not."""
    text = value(name, default).rstrip("/")
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not _host(text) or parts.query or parts.fragment):
        raise ImproperlyConfigured(f"{name} must be an address like https://runs.example.org, not {text!r}.")
    return text


def origin(name: str, default: str = "") -> str:
    """Scheme, host and port alone."""
    text = address(name, default)
    if urlsplit(text).path:
        raise ImproperlyConfigured(f"{name} must be an address without a path, not {text!r}.")
    return text


def origins(name: str, default: str = "") -> list[str]:
    """A list of origins; each may go into a security policy as it is."""
    found = words(name, default)
    for text in found:
        if not re.fullmatch(r"https?://[\w.-]+(:\d+)?", text):
            raise ImproperlyConfigured(f"{name} must list origins like https://media.example.org, not {text!r}.")
    return found


def networks(name: str) -> list[str]:
    """A list of host names, addresses and networks like ``10.0.0.0/8``."""
    found = words(name)
    for text in found:
        if not _is_network(text) and not re.fullmatch(r"[\w-]*[a-z][\w.-]*", text, re.I):
            raise ImproperlyConfigured(
                f"{name} must list hosts or networks like media.lan or 10.0.0.0/8, not {text!r}."
            )
    return found


def time_zone(name: str) -> str:
    """The zone in which times are shown: as set, else the machine's own, else UTC."""
    text = value(name)
    if text and text not in zoneinfo.available_timezones():
        raise ImproperlyConfigured(f"{name} must be a time zone like Europe/Berlin, not {text!r}.")
    _, _, of_machine = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")
    return text or next((zone for zone in (os.environ.get("TZ"), of_machine) if _is_zone(zone)), "") or "UTC"


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_zone(zone: str | None) -> bool:
    return bool(zone) and zone in zoneinfo.available_timezones()


def _host(text: str) -> str:
    try:
        _ = urlsplit(text).port
    except ValueError:
        return ""
    return urlsplit(text).hostname or ""


def private_folder(path: Path) -> Path:
    """The folder ``path``, made with its parents if it is missing; a new one is its owner's alone."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def key_file(path: Path, make: Callable[[], str]) -> str:
    """The secret in ``path``; made on first use, readable by the owner alone.

    Two processes may start at once: each writes a file of its own, and linking it to the name succeeds for one alone;
    the other reads the first one's. So a key is there whole or not at all, even after a power cut.
    """
    if not path.exists():
        private_folder(path.parent.parent)
        own = private_folder(path.parent) / f".{path.name}.{secrets.token_hex(4)}"
        handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(make() + "\n")
            file.flush()
            os.fsync(handle)
        with contextlib.suppress(FileExistsError):
            os.link(own, path)
        own.unlink()
    return path.read_text(encoding="utf-8").strip()


def secret_key() -> str:
    """A new Django secret key."""
    return secrets.token_urlsafe(50)


def field_key() -> str:
    """A new key for values encrypted at rest."""
    return Fernet.generate_key().decode()


def engine_key() -> str:
    """A new bearer key for the embedded engine, in the form of the remote service's keys."""
    return "mk_local_" + secrets.token_urlsafe(24)
