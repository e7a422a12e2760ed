"""Settings read from the environment: what django-environ does not do for us.

Every value may stand in the environment, in ``.env`` or, for secrets, in a file named by ``NAME_FILE``.
A value that cannot be understood stops the start with a sentence; nothing is guessed.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

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


def key_file(path: Path, make: Callable[[], str]) -> str:
    """The secret in ``path``; made on first use, readable by the owner alone.

    Two processes may start at once: the file is created exclusively, and whoever comes second reads the first one's.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        secret = make()
        file.write(secret + "\n")
    return secret


def secret_key() -> str:
    """A new Django secret key."""
    return secrets.token_urlsafe(50)


def field_key() -> str:
    """A new key for values encrypted at rest."""
    return Fernet.generate_key().decode()


def engine_key() -> str:
    """A new bearer key for the embedded engine, in the form of the remote service's keys."""
    return "mk_local_" + secrets.token_urlsafe(24)
