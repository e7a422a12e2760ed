"""Rows for tests: plain functions, every value overridable."""

from __future__ import annotations

import hashlib
import itertools
import json
import uuid
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone

from runs import access, statuses
from runs.models import Agent, AgentVersion, Connection, Output, Run, RunInput, RunNode

VIDEO_INPUT = "9451e6ff-ac7f-4317-9055-a2f35f641b29"
CLIPS = "bcc5cb04-76b7-48e9-a344-0e8a29c19be0"
REFRAME = "0e3a90e4-173f-42fc-b7ef-0df6a062e26c"
WATERMARK = "6808af58-2d9a-4e3b-aacb-2d9c143b7729"
MIRROR = "71156aca-3e21-45b0-8960-099dba07c83a"
SILENCE_REMOVAL = "a22d0b93-2bbf-479d-8efd-d446163982e8"
TYPE_NAMES = {
    VIDEO_INPUT: "Video Input",
    CLIPS: "Clips",
    REFRAME: "Reframe",
    WATERMARK: "Watermark",
    MIRROR: "Mirror",
    SILENCE_REMOVAL: "Silence Removal",
}
_numbers = itertools.count(1)


PASSWORD = "correct horse battery"


def make_user(username: str, role: str = "", **fields: Any) -> User:
    """An account in the group ``role``, with :data:`PASSWORD`; without a role, a stranger."""
    user = User.objects.create_user(username, password=PASSWORD, **fields)
    if role == "Administrator":
        access.ensure_roles()
    if role:
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def make_connection(**fields: Any) -> Connection:
    """A connection to the embedded engine unless told otherwise."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "kind": Connection.Kind.ENGINE,
        "name": f"Connection {number}",
        "address": "http://engine.invalid",
        "last_contact_at": timezone.now(),
        "due_at": None,
    }
    key = fields.pop("api_key", "mk_local_for_the_tests_only")
    connection = Connection(**defaults | fields)
    connection.set_api_key(key)
    connection.save()
    return connection


def make_graph(*type_ids: str, params: dict[int, dict[str, Any]] | None = None) -> dict[str, Any]:
    """A chain of nodes of the given types, as :class:`AgentVersion` stores a graph."""
    nodes = [
        {
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{index}-{type_id}")),
            "type_id": type_id,
            "type_name": TYPE_NAMES.get(type_id, ""),
            "docs_url": "",
            "params_docs_url": "",
            "params": (params or {}).get(index, {}),
        }
        for index, type_id in enumerate(type_ids)
    ]
    edges = [[left["id"], right["id"]] for left, right in itertools.pairwise(nodes)]
    return {"nodes": nodes, "edges": edges}


def make_agent(connection: Connection | None = None, graph: dict[str, Any] | None = None, **fields: Any) -> Agent:
    """An agent with one version of its graph (Video Input → Mirror by default)."""
    number = next(_numbers)
    defaults: dict[str, Any] = {"remote_id": str(uuid.uuid4()), "name": f"Agent {number}", "due_at": None}
    agent = Agent.objects.create(connection=connection or make_connection(), **defaults | fields)
    graph = graph if graph is not None else make_graph(VIDEO_INPUT, MIRROR)
    digest = hashlib.sha256(json.dumps(graph, sort_keys=True).encode()).hexdigest()
    agent.current_version = AgentVersion.objects.create(
        agent=agent, graph=graph, content_hash=digest, graph_hash=digest
    )
    agent.save(update_fields=["current_version"])
    return agent


def make_run(agent: Agent | None = None, **fields: Any) -> Run:
    """A run of the agent, running by default and not due."""
    agent = agent or make_agent()
    defaults: dict[str, Any] = {
        "connection": agent.connection,
        "agent": agent,
        "agent_version": agent.current_version,
        "remote_id": str(uuid.uuid4()),
        "status": statuses.RUNNING,
        "started_at": timezone.now(),
        "body": {"video_urls": ["https://media.example/talk.mp4?signature=secret"]},
        "inputs_count": 1,
    }
    return Run.objects.create(**defaults | fields)


def make_node(run: Run, original_node_id: str = "", **fields: Any) -> RunNode:
    """A runtime node of the run."""
    defaults: dict[str, Any] = {
        "remote_id": str(uuid.uuid4()),
        "original_node_id": original_node_id,
        "type_id": MIRROR,
        "type_name": "Mirror",
        "status": statuses.RUNNING,
        "position": next(_numbers),
    }
    return RunNode.objects.create(run=run, **defaults | fields)


def make_output(run: Run, **fields: Any) -> Output:
    """A finished render of the run."""
    defaults: dict[str, Any] = {
        "remote_id": str(uuid.uuid4()),
        "video_url": "https://media.example/out.mp4?signature=secret",
        "thumbnail_url": "https://media.example/out.jpg?signature=secret",
        "completed_at": timezone.now(),
    }
    return Output.objects.create(run=run, **defaults | fields)


def make_input(run: Run, **fields: Any) -> RunInput:
    """A source video of the run."""
    defaults: dict[str, Any] = {
        "position": run.inputs.count(),
        "video_url": "https://media.example/in.mp4?signature=secret",
        "thumbnail_url": "https://media.example/in.jpg?signature=secret",
    }
    return RunInput.objects.create(run=run, **defaults | fields)
