"""A connection to the real engine, in-process, with an agent in it: what actions and sync are tested against."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests
from django.conf import settings
from django.utils import timezone

from runs import actions, gateway, sync
from runs.access import Actor
from runs.client import Patience
from runs.engine.http.inprocess import BASE_URL, EngineAdapter
from runs.engine.models import EngineAgent, EngineRun
from runs.models import Agent, Connection, Run
from tests.engine import play
from tests.factories import make_connection

if TYPE_CHECKING:
    from runs.client import MosaicClient

NOBODY = Actor(None)
# Sent once and not waited for: the suite does not sleep.
HASTY = Patience(attempts=1)
STEPS = {"in": ("Video Input", ()), "mirror": ("Mirror", ("in",)), "mark": ("Watermark", ("mirror",))}
CLIP = "https://media.example/talk.mp4"


@dataclass
class World:
    """The engine's side (``template``) and ours (``connection``, ``agent``)."""

    connection: Connection
    template: EngineAgent
    agent: Agent
    by: Actor = field(default=NOBODY)

    @property
    def client(self) -> MosaicClient:
        """A client that does not repeat."""
        return gateway.client_for(self.connection, HASTY)

    @property
    def body(self) -> dict[str, Any]:
        """A body that the agent accepts."""
        return {"video_urls": [CLIP]}

    def start(self, start_token: str = "", **options: Any) -> Run:
        """Start the agent as the page does."""
        given = {"version": self.agent.current_version, "body": self.body, "client": self.client, "by": self.by}
        return actions.start_run(self.agent, start_token=start_token or uuid.uuid4().hex, **(given | options))

    def fault(self, kind: str, path: str = "*", times: int = 1, **options: Any) -> None:
        """Open one of the engine's fault switches."""
        session = requests.Session()
        session.mount(BASE_URL, EngineAdapter())
        body = {"kind": kind, "path": path, "times": times, **options}
        response = session.post(
            f"{BASE_URL}/_faults",
            data=json.dumps(body),
            headers={"Authorization": f"Bearer {settings.MOSAIC_ENGINE_KEY}", "Content-Type": "application/json"},
            timeout=5,
        )
        assert response.ok, response.text

    def engine_run(self, run: Run) -> EngineRun:
        """The engine's own row of the run."""
        return EngineRun.objects.get(pk=str(run.remote_id))

    def take_inputs_in(self) -> None:
        """Have the engine finish the first node of every run: from then on it lists the run's inputs."""
        for run in EngineRun.objects.all():
            play.once(run)

    def sync(self, run: Run) -> Run:
        """Look at the run now, and hand back what is stored then."""
        Run.objects.filter(pk=run.pk, claim_token=None).update(due_at=timezone.now())
        sync.reconcile_run(run.pk, self.client)
        return fresh(run)

    def sync_connection(self) -> None:
        """Look at the connection now."""
        Connection.objects.filter(pk=self.connection.pk).update(due_at=timezone.now())
        sync.reconcile_connection(self.connection.pk, self.client)
        self.connection.refresh_from_db()

    def sync_agent(self) -> None:
        """Look at the agent now."""
        Agent.objects.filter(pk=self.agent.pk).update(due_at=timezone.now())
        sync.reconcile_agent(self.agent.pk, self.client)
        self.agent.refresh_from_db()


def make_world() -> World:
    """An engine agent (Video Input → Mirror → Watermark), known to a connection by its sync."""
    template = play.make_agent(STEPS)
    connection = make_connection(api_key=settings.MOSAIC_ENGINE_KEY)
    world = World(connection, template, Agent(connection=connection))
    world.sync_connection()
    world.agent = Agent.objects.get(connection=connection, remote_id=str(template.pk))
    world.sync_agent()
    return world


def fresh(run: Run) -> Run:
    """The run as it is stored now."""
    return Run.objects.select_related("connection", "agent", "agent_version").get(pk=run.pk)


def age(run: Run, **span: float) -> Run:
    """Make the run's beginning lie further back."""
    then = timezone.now() - timedelta(**span)
    Run.objects.filter(pk=run.pk).update(created_at=then, changed_at=then)
    return fresh(run)
