"""Standard library only: make the environment when Django is missing."""

from __future__ import annotations


def ensure(argv: list[str]) -> None:
    """Make sure that Django can be imported; returns when it can."""
