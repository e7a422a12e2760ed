"""Accounts, the audit trail and the login throttle in the back office."""

from __future__ import annotations

from django.contrib import admin

from runs.admin.readonly import ModelAdmin, ReadOnlyAdmin
from runs.models import AuditEvent, LoginThrottle


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin[AuditEvent]):
    """Who did what, when and from where; append-only."""

    list_display = ("at", "username", "verb", "object_type", "object_label", "address")
    list_filter = ("verb", "object_type", "at")
    search_fields = ("username", "object_label", "object_id")
    date_hierarchy = "at"


@admin.register(LoginThrottle)
class LoginThrottleAdmin(ModelAdmin[LoginThrottle]):
    """Blocked logins; deleting a row lets the person try again at once."""

    list_display = ("key", "failures", "last_failure_at", "blocked_until")
    search_fields = ("key",)
    readonly_fields = ("key", "failures", "last_failure_at", "blocked_until")
