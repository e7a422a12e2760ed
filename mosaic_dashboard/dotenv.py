"""Standard library only: what stands in `.env`, read alike by the parent and by Django's settings."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def path() -> Path:
    """`.env` beside `manage.py`, or what MOSAIC_ENV_FILE names."""
    return Path(os.environ.get("MOSAIC_ENV_FILE") or ROOT / ".env")


def read(file: Path) -> dict[str, str]:
    """The settings in ``file``, one ``NAME=value`` a line; quotes around a value and ``# …`` after it are left out."""
    found: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else []:
        name, equals, text = line.strip().removeprefix("export ").partition("=")
        if not equals or name.startswith("#"):
            continue
        text = text.strip()
        closing = text.find(text[0], 1) if text[:1] in {"'", '"'} else -1
        found[name.strip()] = text[1:closing] if closing > 0 else f" {text}".partition(" #")[0].strip()
    return found
