"""The admin site: entered by Administrators, through the dashboard's own login page and its throttle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from runs import access

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class RunsAdminSite(AdminSite):
    """Roles decide, not the ``is_staff`` flag."""

    site_header = "Mosaic Dashboard"
    site_title = "Mosaic Dashboard"
    index_title = "Back office"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Administrators alone."""
        return access.may_administer(request.user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one login page; whoever is logged in and still lands here has too low a role."""
        if request.user.is_authenticated:
            raise PermissionDenied("The admin needs the Administrator role.")
        return redirect_to_login(request.GET.get("next", reverse("admin:index")), reverse("runs:login"))
