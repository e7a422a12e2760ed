"""Verbs that change the remote and our record."""

from __future__ import annotations
