"""The back office."""

from __future__ import annotations
