"""The back office: every record of the dashboard."""

from __future__ import annotations

from runs.admin import agents, people, runs

__all__ = ["agents", "people", "runs"]
