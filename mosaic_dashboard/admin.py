"""Which admin site the project uses."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class MosaicAdminConfig(AdminConfig):
    """The stock admin behind our roles and our login page."""

    default_site = "mosaic_dashboard.admin_site.RunsAdminSite"
