"""The embedded engine: the same API as the remote service, really rendering."""

from __future__ import annotations

from django.apps import AppConfig


class EngineConfig(AppConfig):
    """A nested app with its own tables; it knows nothing of the dashboard around it."""

    name = "runs.engine"
    label = "engine"
    verbose_name = "Embedded engine"
    default_auto_field = "django.db.models.BigAutoField"
