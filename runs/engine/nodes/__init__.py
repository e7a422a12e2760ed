"""Node types of the engine, one file each; this one holds what they share and the catalogue."""

from __future__ import annotations
