"""What people type, checked."""

from __future__ import annotations
