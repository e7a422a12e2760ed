"""What the worker's threads do: one function for each kind of due row."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING

from django.db import close_old_connections

from runs import actions, gateway, layout, sync
from runs.engine.rendering import render
from runs.graph import Graph
from runs.models import Agent, AgentVersion, Connection, GraphLayout, Run

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


def poll_run(key: str) -> None:
    """Reconcile one run."""
    run = Run.objects.select_related("connection").filter(pk=uuid.UUID(key)).first()
    if run is not None and run.connection.is_usable:
        sync.reconcile_run(run.pk, gateway.client_for_jobs(run.connection))


def read_agent(key: str) -> None:
    """Reconcile one agent."""
    agent = Agent.objects.select_related("connection").filter(pk=uuid.UUID(key)).first()
    if agent is not None and agent.connection.is_usable:
        sync.reconcile_agent(agent.pk, gateway.client_for_jobs(agent.connection))


def read_connection(key: str) -> None:
    """Reconcile one connection, and read its balance, which home shows."""
    connection = Connection.objects.filter(pk=uuid.UUID(key), is_enabled=True).first()
    if connection is None:
        return
    client = gateway.client_for_jobs(connection)
    sync.reconcile_connection(connection.pk, client)
    connection.refresh_from_db()
    if connection.is_usable and not connection.in_trouble:
        actions.glance_at_billing(connection, client)


def lay_out(graph_hash: str) -> None:
    """Compute the positions for one picture."""
    version = AgentVersion.objects.without_layout().filter(graph_hash=graph_hash).first()
    if version is None:
        return
    positions = layout.compute(Graph.from_json(version.graph))
    GraphLayout.objects.get_or_create(graph_hash=graph_hash, defaults={"positions": positions})


def render_ready() -> None:
    """Render until nothing is ready."""
    while render.work_one():
        close_old_connections()


def sweep_renders() -> None:
    """Remove what killed renders left behind."""
    render.sweep()


def guarded(job: Callable[..., None], done: Callable[[str], None]) -> Callable[..., None]:
    """The job with fresh database connections, its errors in the log, and ``done`` told in any case.

    An error leaves the row claimed, so that it is tried again when the claim expires, and not at once and for ever.
    """

    def run(key: str = "") -> None:
        close_old_connections()
        try:
            job(key) if key else job()
        except Exception:
            log.exception("%s %s failed", job.__name__, key)
        finally:
            done(f"{job.__name__} {key}")
            close_old_connections()

    return run
