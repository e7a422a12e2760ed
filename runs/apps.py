"""The app that manages runs."""

from __future__ import annotations

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs, agents and the connections they belong to."""

    name = "runs"
    verbose_name = "Runs"
