"""Accounts, the audit trail and the login throttle in the back office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

from runs.admin.audited import AuditedAdmin
from runs.admin.readonly import ReadOnlyAdmin
from runs.models import AuditEvent, LoginThrottle

if TYPE_CHECKING:
    from django.db.models import Model

admin.site.unregister([User, Group])


@admin.register(User)
class PeopleAdmin(AuditedAdmin[User], UserAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """Accounts; who gave whom which role is in the audit trail."""

    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_superuser", "last_login")

    def state(self, obj: Model) -> dict[str, Any]:
        """Roles and switches; no password, not even its hash."""
        assert isinstance(obj, User)  # noqa: S101 - for the type checker
        roles = sorted(obj.groups.values_list("name", flat=True))
        return {"roles": roles, "is_active": obj.is_active, "is_superuser": obj.is_superuser}


@admin.register(Group)
class RoleAdmin(AuditedAdmin[Group], GroupAdmin):
    """Roles: the names decide, see ``access.py``."""


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin[AuditEvent]):
    """Who did what, when and from where; append-only."""

    list_display = ("at", "username", "verb", "object_type", "object_label", "address")
    list_filter = ("verb", "object_type", "at")
    search_fields = ("username", "object_label", "object_id")
    date_hierarchy = "at"


@admin.register(LoginThrottle)
class LoginThrottleAdmin(AuditedAdmin[LoginThrottle]):
    """Blocked logins; deleting a row lets the person try again at once."""

    list_display = ("key", "failures", "last_failure_at", "blocked_until")
    search_fields = ("key",)
    readonly_fields = ("key", "failures", "last_failure_at", "blocked_until")
