"""The same over real sockets: a connection of the kind that reaches Mosaic, here a dashboard's engine."""

from __future__ import annotations

import pytest
from django.conf import settings

from runs import actions, statuses
from runs.models import Agent, Connection
from tests.engine import play
from tests.engine.conftest import real_server, server  # noqa: F401 - fixtures
from tests.factories import make_connection
from tests.world import NOBODY, STEPS, World


@pytest.fixture
def http_world(server: str) -> World:  # noqa: F811 - a fixture
    """The engine behind a socket."""
    template = play.make_agent(STEPS)
    connection = make_connection(
        kind=Connection.Kind.MOSAIC, address=f"{server}/engine", api_key=settings.MOSAIC_ENGINE_KEY
    )
    world = World(connection, template, Agent(connection=connection))
    world.sync_connection()
    world.agent = Agent.objects.get()
    world.sync_agent()
    return world


def test_start_fail_resume_complete(http_world: World) -> None:
    run = http_world.start()
    play.out(str(run.remote_id), play.failing("Watermark"))
    run = http_world.sync(run)
    assert run.status == statuses.FAILED
    run = actions.resume_run(run, http_world.client, NOBODY)
    play.out(str(run.remote_id))
    run = http_world.sync(run)
    assert (run.status, run.outputs.count()) == (statuses.COMPLETED, 1)


def test_a_lost_answer_is_found(http_world: World) -> None:
    http_world.fault("cut", "/agent/*/run")
    run = http_world.start()
    assert run.status == statuses.UNCONFIRMED
    http_world.take_inputs_in()
    assert http_world.sync(run).status == statuses.RUNNING


def test_a_server_that_hangs_up_is_trouble_with_its_name(http_world: World) -> None:
    run = http_world.start()
    http_world.fault("refuse")
    run = http_world.sync(run)
    address = http_world.connection.address.removeprefix("http://").removesuffix("/engine")
    assert run.sync_error.startswith(f"No answer from {address}: ")
    assert run.status == statuses.RUNNING


def test_a_wrong_key_is_told(http_world: World) -> None:
    http_world.connection.set_api_key("mk_wrong_key_for_this")
    http_world.connection.save()
    with pytest.raises(Exception, match=r"refused the key \(401\)"):
        actions.test_connection(http_world.connection, http_world.client, NOBODY)
