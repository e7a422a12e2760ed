"""The scene that is measured: many runs, one large run, one large agent."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.utils import timezone

from runs import access, layout
from runs.graph import Graph
from runs.models import Agent, AgentVersion, Connection, GraphLayout, Output, Run, RunEvent, RunInput, RunNode

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 2_000
BIG = 100
VIDEO_INPUT = "9451e6ff-ac7f-4317-9055-a2f35f641b29"
MIRROR = "71156aca-3e21-45b0-8960-099dba07c83a"


@dataclass(frozen=True, slots=True)
class Scene:
    """What the probes look at."""

    user: User
    agent: Agent
    run: Run


def make(runs: int, progress: Callable[[str], Any]) -> Scene:
    """Fill the (empty) database; a fixed seed makes each bench see the same rows."""
    dice = random.Random(20)  # noqa: S311 - no secret is made here
    access.ensure_roles()
    user = User.objects.create_superuser("bench", password=uuid.uuid4().hex)
    remote = Connection(kind=Connection.Kind.MOSAIC, name="Bench", address="http://127.0.0.1:9", due_at=None)
    remote.last_contact_at = timezone.now()
    remote.save()
    big = _agent(remote, "Hundred nodes", BIG)
    agents = [big, *(_agent(remote, f"Agent {number:02}", 5) for number in range(30))]
    _list(runs, agents, user, dice, progress)
    return Scene(user=user, agent=big, run=_big_run(big, user))


def _agent(remote: Connection, name: str, size: int) -> Agent:
    ids = [str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name}/{number}")) for number in range(size)]
    nodes: list[dict[str, Any]] = [
        {
            "id": node_id,
            "type_id": MIRROR if number else VIDEO_INPUT,
            "type_name": "Mirror" if number else "Video Input",
            "docs_url": "",
            "params_docs_url": "",
            "params": {},
        }
        for number, node_id in enumerate(ids)
    ]
    edges = [[ids[(number - 1) // 3], ids[number]] for number in range(1, size)]
    graph = Graph.from_json({"nodes": nodes, "edges": edges})
    agent = Agent.objects.create(connection=remote, remote_id=str(uuid.uuid4()), name=name, due_at=None)
    agent.current_version = AgentVersion.objects.create(
        agent=agent,
        graph=graph.to_json(),
        content_hash=hashlib.sha256(json.dumps(nodes).encode()).hexdigest(),
        graph_hash=graph.graph_hash(),
    )
    agent.save(update_fields=["current_version"])
    GraphLayout.objects.get_or_create(graph_hash=graph.graph_hash(), defaults={"positions": layout.compute(graph)})
    return agent


def _list(count: int, agents: list[Agent], user: User, dice: random.Random, progress: Callable[[str], Any]) -> None:
    now = timezone.now()
    outcomes = ["completed"] * 16 + ["failed"] * 2 + ["cancelled", "partial_complete"]
    for start in range(0, count, BATCH):
        batch = []
        for number in range(start, min(start + BATCH, count)):
            agent = dice.choice(agents)
            status = "running" if number < 20 else dice.choice(outcomes)
            began = now - timedelta(seconds=97 * number)
            batch.append(
                Run(
                    connection_id=agent.connection_id,
                    agent=agent,
                    agent_version=agent.current_version,
                    remote_id=str(uuid.uuid4()),
                    status=status,
                    status_message="Reframe could not read its input." if status == "failed" else "",
                    nodes_completed=5,
                    started_by=user,
                    created_at=began,
                    started_at=began,
                    finished_at=None if status == "running" else began + timedelta(minutes=4),
                    dismissed_at=now if number > 200 else None,
                )
            )
        Run.objects.bulk_create(batch)
        done = min(start + BATCH, count)
        progress(f"\r  {done:,} of {count:,} runs {'█' * (30 * done // count):<30}")


def _big_run(agent: Agent, user: User) -> Run:
    version = agent.current_version
    assert version is not None  # noqa: S101 - made a moment ago
    now = timezone.now()
    run = Run.objects.create(
        connection=agent.connection,
        agent=agent,
        agent_version=version,
        remote_id=str(uuid.uuid4()),
        status="running",
        started_by=user,
        started_at=now,
        body={"video_urls": ["https://media.example/talk.mp4?signature=x"]},
        nodes_completed=BIG // 2,
        nodes_in_progress=BIG - BIG // 2,
    )
    nodes = [
        RunNode(
            run=run,
            remote_id=str(uuid.uuid4()),
            original_node_id=node["id"],
            type_id=node["type_id"],
            type_name=node["type_name"],
            status="completed" if number < BIG // 2 else "queued",
            position=number,
        )
        for number, node in enumerate(version.graph["nodes"])
    ]
    RunNode.objects.bulk_create(nodes)
    RunEvent.objects.bulk_create(
        RunEvent(run=run, source="poll", label=node.type_name, status_after=node.status, at=now) for node in nodes
    )
    Output.objects.bulk_create(
        Output(run=run, remote_id=str(uuid.uuid4()), original_node_id=node.original_node_id, completed_at=now)
        for node in nodes[:20]
    )
    RunInput.objects.create(run=run, position=0)
    return run
