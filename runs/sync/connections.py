"""One due connection: whose key it is, which agents there are, and runs that were started elsewhere."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from runs.client import MosaicError, MosaicRejected
from runs.models import Agent, Connection
from runs.sync import discovery, trouble
from runs.sync.pace import after_trouble, jitter

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from runs.client import MosaicClient
    from runs.client.payloads import AgentSummary, WhoAmI

log = logging.getLogger(__name__)

CLAIM_SECONDS = 300
EVERY_SECONDS = 60
PAGES = 100


def reconcile_connection(pk: uuid.UUID, client: MosaicClient) -> None:
    """Look at a connection that is due; nothing happens when it is not, or when somebody else has it."""
    token = Connection.objects.claim(pk, "sync", CLAIM_SECONDS, due_at__lte=timezone.now(), is_enabled=True)
    if token is None:
        return
    connection = Connection.objects.get(pk=pk)
    try:
        who = client.whoami()
        if not _belongs(connection, who):
            return
        _keep_agents(connection, *_list_agents(client))
        discovery.import_runs(connection, client)
    except MosaicError as error:
        now = timezone.now()
        if isinstance(error, MosaicRejected):
            # A service that refuses to say whose key this is, or what there is, is not the API we know.
            connection.note_trouble(str(error), now)
        else:
            trouble.note(connection, error, now)
        due = after_trouble(connection.failures + 1, error, now)
        Connection.objects.release(pk, token, due_at=due)
        return
    now = timezone.now()
    connection.note_contact(now)
    Connection.objects.release(pk, token, due_at=now + timedelta(seconds=jitter(EVERY_SECONDS)))


def _belongs(connection: Connection, who: WhoAmI) -> bool:
    """Whether the key is the organisation's whose rows these are; otherwise nothing of it is read here."""
    if connection.take_organization(who.organization_id, who.organization_name):
        return True
    now = timezone.now()
    if connection.is_managed:
        log.warning(
            "%s: the key now belongs to %s; its rows get a connection of their own.",
            connection.name,
            who.organization_name or who.organization_id,
        )
        Connection.objects.part_ways(connection, who.organization_id, who.organization_name)
        return False
    connection.note_trouble(connection.foreign_key_sentence(who.organization_name), now)
    Connection.objects.filter(pk=connection.pk).update(
        key_checked=False,
        claim_token=None,
        claimed_until=None,
        claimed_for="",
        due_at=now + timedelta(seconds=jitter(EVERY_SECONDS)),
    )
    return False


def _list_agents(client: MosaicClient) -> tuple[list[AgentSummary], bool]:
    """All agents, and whether the list is complete."""
    found: list[AgentSummary] = []
    cursor: str | None = None
    for _ in range(PAGES):
        page = client.agents(cursor=cursor)
        found += page.agents
        if page.next_cursor is None or page.next_cursor == cursor:
            return found, True
        cursor = page.next_cursor
    return found, False


def _keep_agents(connection: Connection, summaries: list[AgentSummary], complete: bool) -> None:
    """Write the list; an agent that is new or has another ``updated_at`` is due for its graph."""
    now = timezone.now()
    with transaction.atomic():
        known = {agent.remote_id: agent for agent in Agent.objects.filter(connection=connection)}
        for summary in summaries:
            agent = known.get(summary.id)
            if agent is None:
                known[summary.id] = Agent.objects.create(
                    connection=connection,
                    remote_id=summary.id,
                    name=summary.name[:200],
                    description=summary.description,
                    visibility=summary.visibility[:16],
                    seen_at=now,
                )
            else:
                _update(agent, summary, now)
        Agent.objects.filter(pk__in=[known[summary.id].pk for summary in summaries]).update(seen_at=now)
        if complete:
            Agent.objects.filter(connection=connection, removed_at=None, seen_at__lt=now).update(removed_at=now)


def _update(agent: Agent, summary: AgentSummary, now: datetime) -> None:
    values: dict[str, object] = {"name": summary.name[:200], "description": summary.description, "removed_at": None}
    changes = {name: value for name, value in values.items() if getattr(agent, name) != value}
    if agent.remote_updated_at != summary.updated_at[:40] or agent.removed_at is not None:
        # Its graph is read by a job of its own, which writes remote_updated_at.
        changes["due_at"] = now
    if changes:
        Agent.objects.filter(pk=agent.pk).update(**changes)
