"""A connection: one remote service, one organisation, one key."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from runs.models.claims import ClaimableQuerySet
from runs.models.fields import EncryptedTextField

if TYPE_CHECKING:
    from datetime import datetime

# How exact "last contact" is while all is well.
CONTACT_SECONDS = 5


class ConnectionQuerySet(ClaimableQuerySet["Connection"]):
    """Connections that may be used, and those whose agents are due."""

    def enabled(self) -> ConnectionQuerySet:
        """Those that have not been switched off."""
        return self.filter(is_enabled=True)

    def usable(self) -> ConnectionQuerySet:
        """Those whose agents and runs may be asked about."""
        return self.filter(is_enabled=True, key_checked=True)


class Connection(models.Model):
    """Where agents and runs come from. Nothing of one connection ever mixes with another's."""

    class Kind(models.TextChoices):
        """How to reach it; :mod:`runs.gateway` alone acts on this."""

        ENGINE = "engine", "Embedded engine"
        MOSAIC = "mosaic", "Mosaic API"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=80, unique=True)
    address = models.CharField(max_length=300, help_text="Base address of the API, without a trailing slash.")
    api_key = EncryptedTextField(blank=True, editable=False)
    api_key_last4 = models.CharField("key ends in", max_length=4, blank=True, editable=False)
    organization_id = models.CharField(max_length=64, blank=True, editable=False)
    organization_name = models.CharField(max_length=200, blank=True, editable=False)
    # False from a change of key or address until the remote has said that the organisation is still the same; until
    # then nothing is sent for the rows of this connection.
    key_checked = models.BooleanField(default=True, editable=False)
    is_enabled = models.BooleanField(default=True)
    # True for the rows that settings and `up` keep in step with the environment.
    is_managed = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    last_contact_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)

    due_at = models.DateTimeField(null=True, blank=True, default=timezone.now, editable=False)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    claim_token = models.UUIDField(null=True, blank=True, editable=False)
    claimed_for = models.CharField(max_length=16, blank=True, editable=False)

    # What the remote last said about money, as parsed; shown with its time when the remote is away.
    billing = models.JSONField(default=dict, blank=True, editable=False)
    billing_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def in_trouble(self) -> bool:
        """The last thing we heard is an error."""
        return bool(self.last_error)

    @property
    def is_usable(self) -> bool:
        """Switched on, and known to belong to the organisation its rows came from."""
        return self.is_enabled and self.key_checked

    def set_api_key(self, key: str) -> None:
        """Keep the key and the four characters that may be shown; another key must first prove whose it is."""
        if key != self.api_key and self.organization_id:
            self.key_checked = False
        self.api_key = key
        self.api_key_last4 = key[-4:] if len(key) >= 12 else ""

    def note_contact(self, at: datetime) -> None:
        """Write down that the remote answered; in good times at most every few seconds."""
        stale = Q(last_contact_at=None) | Q(last_contact_at__lt=at - timedelta(seconds=CONTACT_SECONDS))
        news = stale | ~Q(last_error="") | Q(failures__gt=0)
        type(self).objects.filter(news, pk=self.pk).update(
            last_contact_at=at, last_error="", last_error_at=None, failures=0
        )

    def note_trouble(self, message: str, at: datetime) -> None:
        """Write down, for the banner, what went wrong and when."""
        type(self).objects.filter(pk=self.pk).update(
            last_error=message[:500], last_error_at=at, failures=models.F("failures") + 1
        )
