"""An agent that is in the dashboard and in the engine under the same ids, so that starts are real."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection as database
from django.template.base import Template

from runs.engine.models import EngineAgent, Fault, TemplateEdge, TemplateNode
from runs.graph import Graph
from runs.layout import compute
from runs.models import Agent, GraphLayout
from tests.factories import make_agent, make_connection, make_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.template import Context
    from django.test import Client

LINK = "https://media.example/talk.mp4"


@dataclass
class Page:
    """The page of one agent, as a person's browser meets it."""

    agent: Agent
    ids: list[str]
    browser: Client

    @property
    def url(self) -> str:
        """Its address."""
        return f"/agents/{self.agent.pk}/"

    def get(self, **query: Any) -> Any:
        """Open it."""
        return self.browser.get(self.url, query)

    def form(self, **fields: Any) -> dict[str, Any]:
        """The form with a link for the first Video Input; ``params_2`` is ``params-<id of the third node>``."""
        data: dict[str, Any] = {"start_token": uuid.uuid4().hex, f"video_urls-{self.ids[0]}": LINK}
        for name, value in fields.items():
            stem, _, number = name.rpartition("_")
            data[f"{stem}-{self.ids[int(number)]}" if number.isdigit() else name] = value
        return data

    def start(self, **fields: Any) -> Any:
        """Press Start."""
        return self.browser.post(f"{self.url}run/", self.form(**fields))

    def preview(self, **fields: Any) -> Any:
        """What htmx asks for while one types."""
        return self.browser.post(f"{self.url}preview/", self.form(**fields), headers={"HX-Request": "true"})


def known_to_both(graph: dict[str, Any], **fields: Any) -> Agent:
    """The agent, its drawing, and the engine's template of it."""
    connection = fields.pop("connection", None) or make_connection(name="Local engine")
    template = EngineAgent.objects.create(name="Template")
    values = Graph.from_json(graph)
    for position, node in enumerate(values.nodes):
        TemplateNode.objects.create(
            id=node.id, agent=template, node_type_id=node.type_id, params=node.params, position=position
        )
    for source, target in values.links:
        TemplateEdge.objects.create(agent=template, source_id=source, target_id=target)
    agent = make_agent(connection, graph, remote_id=str(template.pk), **fields)
    version = agent.current_version
    assert version is not None
    version.graph_hash = values.graph_hash()
    version.save()
    GraphLayout.objects.create(graph_hash=version.graph_hash, positions=compute(values))
    return agent


def fault(kind: str, **options: Any) -> None:
    """The engine's next start goes wrong in this way."""
    Fault.objects.create(path="/agent/*/run", kind=kind, options=options)


@pytest.fixture
def page(as_alice: Client) -> Page:
    """Video Input → Clips → Mirror → Watermark, opened by an editor."""
    from_types = (
        "9451e6ff-ac7f-4317-9055-a2f35f641b29",
        "bcc5cb04-76b7-48e9-a344-0e8a29c19be0",
        "71156aca-3e21-45b0-8960-099dba07c83a",
        "6808af58-2d9a-4e3b-aacb-2d9c143b7729",
    )
    graph = make_graph(*from_types, params={1: {"num_clips": 5}})
    agent = known_to_both(graph, name="Podcast shorts")
    return Page(agent, [node["id"] for node in graph["nodes"]], as_alice)


@pytest.fixture
def two_inputs(as_alice: Client) -> Page:
    """Two Video Inputs (nodes 0 and 1) that lead into a Mirror each."""
    graph = make_graph(*["9451e6ff-ac7f-4317-9055-a2f35f641b29"] * 2, *["71156aca-3e21-45b0-8960-099dba07c83a"] * 2)
    ids = [node["id"] for node in graph["nodes"]]
    graph["edges"] = [[ids[0], ids[2]], [ids[1], ids[3]]]
    return Page(known_to_both(graph, name="Two-camera cut"), ids, as_alice)


@pytest.fixture
def no_query_in_templates(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Once a template has started, the database is closed to it."""
    draw = Template._render  # type: ignore[attr-defined]

    def closed(execute: Any, sql: str, *_rest: Any) -> Any:
        raise AssertionError(f"a template asked the database: {sql}")

    def drawn(self: Template, context: Context) -> Any:
        with database.execute_wrapper(closed):
            return draw(self, context)

    monkeypatch.setattr(Template, "_render", drawn)
    yield
