"""Agents, nodes and node types as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from runs.engine.nodes.catalogue import CATALOGUE
from tests.engine import play

if TYPE_CHECKING:
    from tests.engine.conftest import Api

CLIPS = "bcc5cb04-76b7-48e9-a344-0e8a29c19be0"


def test_agents_page_by_page(api: Api) -> None:
    for number in range(5):
        play.make_agent({"in": ("Video Input", [])}, name=f"Agent {number}")
    first = api.get("/agents", {"limit": 2})
    second = api.get("/agents", {"limit": 2, "cursor": first["next_cursor"]})
    third = api.get("/agents", {"limit": 2, "cursor": second["next_cursor"]})
    names = [agent["name"] for answer in (first, second, third) for agent in answer["agents"]]
    assert names == [f"Agent {number}" for number in (4, 3, 2, 1, 0)]
    assert third["next_cursor"] is None
    assert set(first["agents"][0]) == {"id", "name", "description", "created_at", "updated_at"}


def test_agent(api: Api) -> None:
    agent = play.make_agent({"in": ("Video Input", []), "clips": ("Clips", ["in"]), "mirror": ("Mirror", ["clips"])})
    answer = api.get(f"/agent/{agent.pk}")
    assert set(answer) == {"agent", "agent_nodes", "connections"}
    assert set(answer["agent"]) == {"id", "name", "description", "visibility", "created_at", "updated_at"}
    assert answer["agent_nodes"][1] == {
        "agent_node_id": play.node_ids(agent)[1],
        "node_type": {
            "node_type_id": CLIPS,
            "node_type_name": "Clips",
            "docs_url": "https://docs.mosaic.so/tiles/clips",
            "params_docs_url": "https://docs.mosaic.so/tiles/clips#api-info",
        },
        "params_used": {},
    }
    first, second, third = play.node_ids(agent)
    assert answer["connections"] == [
        {"source_agent_node_id": first, "target_agent_node_id": second},
        {"source_agent_node_id": second, "target_agent_node_id": third},
    ]


def test_agent_node(api: Api) -> None:
    agent = play.make_agent({"in": ("Video Input", [])})
    (node_id,) = play.node_ids(agent)
    answer = api.get(f"/agent_nodes/{node_id}")["agent_node"]
    assert answer["agent_node_id"] == node_id
    assert answer["node_type"]["params_docs_url"] is None


def test_node_types(api: Api) -> None:
    kinds = api.get("/node_types")["node_types"]
    assert len(kinds) == 23
    for kind in kinds:
        assert set(kind) == {"node_type_id", "node_type_name", "docs_url", "params_docs_url"}
        assert api.get(f"/node_type/{kind['node_type_id']}") == {"node_type": kind}


def test_every_type_has_a_real_id_and_a_documented_default() -> None:
    for type_id, kind in CATALOGUE.items():
        assert str(UUID(type_id)) == type_id
        for param in kind.params:
            assert param.source, f"{kind.name} {param.key} does not say where it comes from"
            assert param.type != "enum" or param.enum
            if param.enum and param.default is not None:
                assert param.default in param.enum
