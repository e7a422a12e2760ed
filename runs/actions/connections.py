"""Connections made and changed by hand, and the test of a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from runs.actions.audit import ActionNotAllowed, record
from runs.client import MosaicError
from runs.models import Connection

if TYPE_CHECKING:
    from runs.access import Actor
    from runs.client import MosaicClient

SHOWN = ("name", "address", "api_key_last4", "is_enabled")


def save_connection(
    connection: Connection | None,
    *,
    name: str,
    address: str,
    by: Actor,
    api_key: str = "",
    is_enabled: bool = True,
) -> Connection:
    """Make a connection to the Mosaic API, or change one; an empty ``api_key`` keeps the one that is stored.

    Address and key of a managed connection follow the environment: trying to change them is ActionNotAllowed.
    """
    row = connection or Connection(kind=Connection.Kind.MOSAIC)
    before = {field: getattr(row, field) for field in SHOWN} if connection else {}
    address = address.rstrip("/")
    if row.is_managed and (api_key or address != row.address):
        sentence = "Address and key of this connection come from the environment; change them there."
        record(by, "connection.save", row, before=before, after={"refused": sentence})
        raise ActionNotAllowed(sentence)
    if row.organization_id and address != row.address:
        row.key_checked = False
    row.name, row.address, row.is_enabled = name, address, is_enabled
    if api_key:
        row.set_api_key(api_key)
    row.due_at = timezone.now() if is_enabled else None
    with transaction.atomic():
        row.save()
        after = {field: getattr(row, field) for field in SHOWN}
        record(by, "connection.save", row, before=before, after=after | {"key_changed": bool(api_key)})
    return row


def test_connection(connection: Connection, client: MosaicClient, by: Actor) -> str:
    """Ask whose key it is; one sentence that says so.

    Raises MosaicError with what went wrong, or ActionNotAllowed when the key is another organisation's.
    """
    try:
        who = client.whoami()
    except MosaicError as error:
        connection.note_trouble(str(error), timezone.now())
        record(by, "connection.test", connection, after={"error": str(error)})
        raise
    connection.note_contact(timezone.now())
    if not connection.take_organization(who.organization_id, who.organization_name):
        sentence = connection.foreign_key_sentence(who.organization_name)
        record(by, "connection.test", connection, after={"refused": sentence})
        raise ActionNotAllowed(sentence)
    record(by, "connection.test", connection, after={"organization": who.organization_name})
    Connection.objects.filter(pk=connection.pk, is_enabled=True, claim_token=None).update(due_at=timezone.now())
    return f"It works: the key belongs to {who.organization_name or 'an organisation that gives no name'}."
