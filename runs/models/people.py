"""Who did what, and who tries to log in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from math import ceil

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

# Failures are forgotten after this long without another one.
THROTTLE_MEMORY = timedelta(hours=1)


class AuditEvent(models.Model):
    """An action of a person (or of the command line): append-only, never edited."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The name stays readable when the account is gone.
    username = models.CharField(max_length=150, blank=True)
    verb = models.CharField(max_length=40)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64, blank=True)
    object_label = models.CharField(max_length=200, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("object_type", "object_id"), name="audit_of_object"),)

    def __str__(self) -> str:
        return f"{self.username} {self.verb} {self.object_label}"


class LoginThrottleQuerySet(models.QuerySet["LoginThrottle"]):
    """Failed logins: how long to wait, one more, forgotten."""

    def wait_seconds(self, keys: Iterable[str]) -> int:
        """Whole seconds until all of ``keys`` may try again; 0 when they may now."""
        now = timezone.now()
        ends = self.filter(key__in=list(keys), blocked_until__gt=now).values_list("blocked_until", flat=True)
        return ceil(max(((end - now).total_seconds() for end in ends if end), default=0))

    def note_failure(self, key: str, *, free: int, longest_seconds: int) -> None:
        """One more failure of ``key``: after ``free`` of them each doubles the wait, up to ``longest_seconds``."""
        now = timezone.now()
        with transaction.atomic():
            row, _made = self.select_for_update().get_or_create(key=key, defaults={"last_failure_at": now})
            row.failures = 1 if now - row.last_failure_at > THROTTLE_MEMORY else row.failures + 1
            row.last_failure_at = now
            beyond = row.failures - free
            # 2, 4, 8 … seconds; the exponent is bounded, so that no flood of failures makes a number too large.
            wait = min(2 ** min(beyond, 20), longest_seconds) if beyond > 0 else 0
            row.blocked_until = now + timedelta(seconds=wait) if wait else None
            row.save()

    def forget(self, keys: Iterable[str]) -> None:
        """Somebody got in: their failures no longer count."""
        self.filter(key__in=list(keys)).delete()


class LoginThrottle(models.Model):
    """Failed logins by account name and by address; each kind has its own row."""

    key = models.CharField(max_length=200, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_failure_at = models.DateTimeField(default=timezone.now)
    blocked_until = models.DateTimeField(null=True, blank=True)

    objects = LoginThrottleQuerySet.as_manager()

    def __str__(self) -> str:
        return self.key
