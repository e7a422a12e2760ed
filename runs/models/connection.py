"""A connection: one remote service, one organisation, one key."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from runs.models.claims import ClaimableQuerySet
from runs.models.fields import EncryptedTextField

if TYPE_CHECKING:
    from datetime import datetime

log = logging.getLogger(__name__)

# How exact "last contact" is while all is well.
CONTACT_SECONDS = 5
MAX_NAME = 76


class ConnectionQuerySet(ClaimableQuerySet["Connection"]):
    """Connections that may be used, and those whose agents are due."""

    def enabled(self) -> ConnectionQuerySet:
        """Those that have not been switched off."""
        return self.filter(is_enabled=True)

    def usable(self) -> ConnectionQuerySet:
        """Those whose agents and runs may be asked about."""
        return self.filter(is_enabled=True, key_checked=True)

    def free_name(self, name: str) -> str:
        """``name``, or with a number where a connection has it already."""
        taken = set(self.values_list("name", flat=True))
        numbered = (f"{name} {number}" for number in range(2, len(taken) + 3))
        return next(candidate for candidate in (name, *numbered) if candidate not in taken)

    def part_ways(self, old: Connection, organization_id: str, organization_name: str) -> Connection:
        """Move a managed row's key to the row of the organisation it now belongs to, made when there is none.

        ``old`` keeps its agents and runs, without a key and switched off; it comes back when its organisation does.
        """
        with transaction.atomic():
            name, key = old.name, old.api_key
            old.name = self.exclude(pk=old.pk).free_name(f"{name} ({old.organization_name})"[:MAX_NAME])
            old.api_key = old.api_key_last4 = ""
            old.is_enabled, old.is_managed, old.key_checked, old.due_at = False, False, True, None
            old.claim_token, old.claimed_until, old.claimed_for = None, None, ""
            old.save()
            new = self.filter(
                kind=old.kind, address=old.address, organization_id=organization_id, api_key="", is_enabled=False
            ).first() or Connection(kind=old.kind, address=old.address, organization_id=organization_id)
            new.api_key = ""
            new.set_api_key(key)
            new.name, new.organization_name = name, organization_name
            new.is_enabled, new.is_managed, new.key_checked, new.due_at = True, True, True, timezone.now()
            new.save()
        return new


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

    def take_organization(self, organization_id: str, organization_name: str) -> bool:
        """Write down whose key this is; False when the rows here came from another organisation.

        A remote that does not say leaves things as they are.
        """
        if organization_id and self.organization_id and organization_id != self.organization_id:
            return False
        self.organization_id = organization_id or self.organization_id
        self.organization_name = (organization_name or self.organization_name)[:200]
        self.key_checked = True
        self.save(update_fields=["organization_id", "organization_name", "key_checked"])
        return True

    def foreign_key_sentence(self, organization_name: str) -> str:
        """Why a key of another organisation is not used here."""
        return (
            f"This key belongs to {organization_name or 'another organisation'}, but the agents and runs of "
            f"{self.name} belong to {self.organization_name}. Add a connection for the other key."
        )

    def note_contact(self, at: datetime) -> None:
        """Write down that the remote answered; in good times at most every few seconds."""
        stale = Q(last_contact_at=None) | Q(last_contact_at__lt=at - timedelta(seconds=CONTACT_SECONDS))
        news = stale | ~Q(last_error="") | Q(failures__gt=0)
        told = type(self).objects.filter(news, pk=self.pk)
        if told.update(last_contact_at=at, last_error="", last_error_at=None, failures=0) and self.last_error:
            log.info("%s answers again.", self.name)

    def note_trouble(self, message: str, at: datetime) -> None:
        """Write down, for the banner and once for the log, what went wrong and when."""
        if self.last_error != message[:500]:
            heard = self.last_contact_at
            log.warning(
                "%s: %s Last contact: %s.", self.name, message, f"{heard:%Y-%m-%d %H:%M:%S} UTC" if heard else "never"
            )
        type(self).objects.filter(pk=self.pk).update(
            last_error=message[:500], last_error_at=at, failures=models.F("failures") + 1
        )
