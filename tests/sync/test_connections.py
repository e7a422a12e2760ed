"""A connection's agents, their graphs, and whose key it is."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from runs import sync
from runs.engine.models import Account, EngineAgent, TemplateNode
from runs.models import Agent, Connection, Run
from tests.engine import play
from tests.world import STEPS, World


def test_agents_are_listed_with_all_pages(world: World) -> None:
    for number in range(120):
        EngineAgent.objects.create(name=f"Agent {number}")
    world.sync_connection()
    assert Agent.objects.present().count() == 121
    assert world.connection.organization_id == str(Account.objects.get().organization_id)
    assert world.connection.due_at is not None
    assert timezone.now() + timedelta(seconds=50) < world.connection.due_at


def test_a_graph_is_kept_as_versions_by_what_it_holds(world: World) -> None:
    first = world.agent.current_version
    assert first is not None
    assert [node["type_name"] for node in first.graph["nodes"]] == ["Video Input", "Mirror", "Watermark"]
    assert len(first.graph["edges"]) == 2
    world.sync_agent()
    assert world.agent.versions.count() == 1, "the same graph is the same version"
    node = TemplateNode.objects.get(agent=world.template, node_type_id=play.TYPES["Watermark"])
    node.params = {"text": "Tern Films"}
    node.save()
    world.sync_agent()
    second = world.agent.current_version
    assert second is not None
    assert (second.content_hash != first.content_hash, second.graph_hash) == (True, first.graph_hash)
    node.params = {}
    node.save()
    world.sync_agent()
    assert world.agent.current_version == first
    assert world.agent.versions.count() == 2


def test_only_an_agent_with_another_time_of_change_is_read_again(world: World) -> None:
    before = world.agent.due_at
    world.sync_connection()
    world.agent.refresh_from_db()
    assert world.agent.due_at == before
    EngineAgent.objects.filter(pk=world.template.pk).update(updated_at=timezone.now(), name="Renamed")
    world.sync_connection()
    world.agent.refresh_from_db()
    assert world.agent.name == "Renamed"
    assert world.agent.due_at is not None
    assert world.agent.due_at <= timezone.now()


def test_an_answer_without_nodes_does_not_empty_the_graph(world: World) -> None:
    world.fault("missing_field", "/agent/", field="agent_nodes")
    version = world.agent.current_version
    world.sync_agent()
    assert world.agent.current_version == version


def test_removed_agents_are_marked_and_come_back(world: World) -> None:
    other = play.make_agent(STEPS, name="Other")
    world.sync_connection()
    EngineAgent.objects.filter(pk=world.template.pk).update(name="x")
    other_row = Agent.objects.get(remote_id=str(other.pk))
    identity = other.pk
    other.delete()
    world.sync_connection()
    other_row.refresh_from_db()
    assert other_row.removed_at is not None
    EngineAgent.objects.create(pk=identity, name="Other")
    world.sync_connection()
    other_row.refresh_from_db()
    assert other_row.removed_at is None


def test_an_agent_that_is_gone_is_marked_by_its_own_reading(world: World) -> None:
    world.template.delete()
    world.sync_agent()
    assert world.agent.removed_at is not None
    assert world.agent.due_at is None


def test_trouble_backs_off_and_is_told_exactly(world: World) -> None:
    world.fault("status", "/whoami", status=401)
    world.sync_connection()
    assert world.connection.last_error == "Local engine refused the key (401). Check it in Settings."
    assert world.connection.failures == 1
    assert world.connection.claim_token is None
    world.sync_connection()
    assert world.connection.last_error == ""


def test_runs_started_elsewhere_are_found(world: World) -> None:
    remote_id = world.client.start_run(world.agent.remote_id, world.body).run_id
    play.out(remote_id)
    world.sync_connection()
    run = Run.objects.get()
    assert (run.remote_id, run.status, run.agent, run.body) == (remote_id, "completed", world.agent, None)
    assert run.inputs_count == 1
    assert run.agent_version == world.agent.current_version
    run = world.sync(run)
    assert run.outputs.count() == 1
    assert run.due_at is None
    assert not run.events.filter(label="Watermark").exists(), "nobody saw its steps happen"
    assert "started elsewhere" in run.events.first().text  # type: ignore[union-attr]
    world.sync_connection()
    assert Run.objects.count() == 1


def test_a_finished_run_that_was_resumed_elsewhere_is_looked_at(world: World) -> None:
    run = world.start()
    play.out(str(run.remote_id), play.failing("Watermark"))
    run = world.sync(run)
    world.sync_connection()
    assert Run.objects.due().count() == 0
    world.client.resume_run(str(run.remote_id))
    world.sync_connection()
    assert Run.objects.due().count() == 1
    sync.reconcile_run(run.pk, world.client)
    run.refresh_from_db()
    assert (run.status, run.finished_at) == ("running", None)


def test_two_connections_to_one_service_share_nothing(world: World) -> None:
    world.start()
    other = Connection.objects.create(kind="engine", name="Second", address="x")
    other.set_api_key(world.connection.api_key)
    other.save()
    sync.reconcile_connection(other.pk, world.client)
    assert Run.objects.filter(connection=other).count() == 1
    assert Run.objects.filter(connection=world.connection).count() == 1
    assert Agent.objects.filter(connection=other).count() == 1


def test_a_key_of_another_organisation_is_not_used_for_these_rows(world: World) -> None:
    Connection.objects.update(organization_id="another", organization_name="Tern Films")
    world.sync_connection()
    assert not world.connection.is_usable
    assert "belongs to Local studio" in world.connection.last_error
    assert "belong to Tern Films" in world.connection.last_error
    assert world.connection.claim_token is None


def test_a_managed_key_of_another_organisation_gets_a_row_of_its_own_and_finds_its_way_back(world: World) -> None:
    Connection.objects.update(organization_id="tern", organization_name="Tern Films", is_managed=True, name="Mosaic")
    key = world.connection.api_key
    world.sync_connection()
    old = world.connection
    new = Connection.objects.get(is_managed=True)
    assert (old.is_enabled, old.is_managed, old.api_key, old.name) == (False, False, "", "Mosaic (Tern Films)")
    assert (new.name, new.api_key, new.organization_name, new.is_usable) == ("Mosaic", key, "Local studio", True)
    assert old.agents.count() == 1
    assert new.agents.count() == 0
    back = Connection.objects.part_ways(new, "tern", "Tern Films")
    assert back.pk == old.pk
    assert (back.name, back.is_usable, back.agents.count()) == ("Mosaic", True, 1)
