"""Starting a run: once for each intent, whatever the remote answers or fails to answer."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from runs import actions, statuses
from runs.access import Actor
from runs.client import MosaicRejected, MosaicUnavailable
from runs.engine.models import EngineRun
from runs.models import AuditEvent, Connection, Run, RunEvent
from tests.factories import make_user
from tests.world import CLIP, World, fresh


def test_a_start_stores_exactly_what_was_sent(world: World) -> None:
    run = world.start()
    assert run.status == statuses.RUNNING
    assert run.body == world.body
    assert run.inputs_count == 1
    assert run.agent_version == world.agent.current_version
    assert str(EngineRun.objects.get().pk) == run.remote_id
    assert run.due_at is not None
    assert run.due_at <= timezone.now()
    assert run.claim_token is None
    assert list(run.events.values_list("source", "status_after")) == [("start", "starting"), ("start", "running")]
    assert AuditEvent.objects.get(verb="run.start").after["run_id"] == run.remote_id


def test_the_same_token_never_sends_twice(world: World) -> None:
    first = world.start("token")
    again = world.start("token")
    assert again.pk == first.pk
    assert EngineRun.objects.count() == 1


def test_a_refusal_is_kept_with_its_body_and_raised(world: World) -> None:
    body = {"video_urls": ["https://media.example/a.mp4"], "ignore_nodes": [str(uuid.uuid4())]}
    with pytest.raises(MosaicRejected) as caught:
        world.start(body=body)
    run = Run.objects.get()
    assert (run.status, run.body, run.remote_id, run.due_at) == (statuses.REFUSED, body, None, None)
    assert run.status_message == str(caught.value)
    assert run.is_terminal
    assert AuditEvent.objects.get(verb="run.start").after["status"] == statuses.REFUSED


@pytest.mark.parametrize(("kind", "options"), [("refuse", {}), ("status", {"status": 429})])
def test_what_was_certainly_not_sent_is_not_unconfirmed(world: World, kind: str, options: dict[str, Any]) -> None:
    world.fault(kind, "/agent/*/run", **options)
    with pytest.raises(MosaicUnavailable) as caught:
        world.start()
    assert not caught.value.may_have_acted
    run = Run.objects.get()
    assert (run.status, run.due_at) == (statuses.NOT_SENT, None)
    assert EngineRun.objects.count() == 0
    assert Connection.objects.get().in_trouble


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "cut", "html"])
def test_a_lost_answer_leaves_the_run_unconfirmed(world: World, kind: str) -> None:
    world.fault(kind, "/agent/*/run")
    run = world.start()
    assert run.status == statuses.UNCONFIRMED
    assert run.remote_id is None
    assert "Looking for the run" in run.status_message
    assert run.due_at is not None
    assert run.due_at <= timezone.now(), "it is looked for at once"


def test_an_answer_without_the_runs_id_is_a_lost_answer(world: World) -> None:
    world.fault("missing_field", "/agent/*/run", field="run_id")
    run = world.start()
    assert run.status == statuses.UNCONFIRMED
    assert EngineRun.objects.count() == 1


def test_nothing_is_sent_over_a_connection_that_is_off(world: World) -> None:
    Connection.objects.update(is_enabled=False)
    world.agent.connection.refresh_from_db()
    with pytest.raises(actions.ActionNotAllowed, match="switched off"):
        world.start()
    assert not Run.objects.exists()
    assert "switched off" in AuditEvent.objects.get(verb="run.start").after["refused"]


def test_who_started_it_is_known(world: World) -> None:
    user = make_user("erin", "Editor")
    run = world.start(by=Actor(user, "192.0.2.7"))
    assert run.started_by == user
    event = AuditEvent.objects.get(verb="run.start")
    assert (event.username, event.address, event.object_id) == ("erin", "192.0.2.7", str(run.pk))


def test_a_claim_that_expires_before_the_answer_comes_does_not_lose_the_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.client
    send = client.start_run

    def slow(agent_id: str, body: dict[str, Any]) -> Any:
        started = send(agent_id, body)
        Run.objects.update(status=statuses.UNCONFIRMED, claim_token=None, claimed_until=None)
        return started

    monkeypatch.setattr(client, "start_run", slow)
    run = world.start(client=client)
    assert run.status == statuses.RUNNING
    assert run.remote_id == str(EngineRun.objects.get().pk)


def test_a_double_click_sends_one_request(file_world: World) -> None:
    barrier = threading.Barrier(2)
    found: list[Run] = []

    def click() -> None:
        try:
            barrier.wait(5)
            found.append(file_world.start("one-click"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 2
    assert found[0].pk == found[1].pk
    assert EngineRun.objects.count() == 1
    assert Run.objects.count() == 1
    assert fresh(found[0]).status == statuses.RUNNING
    assert RunEvent.objects.filter(status_after=statuses.RUNNING).count() == 1


def test_a_refusal_that_quotes_a_link_is_kept_without_its_query(world: World) -> None:
    detail = f"video_urls: {CLIP}?signature=secret cannot be read."
    world.fault("status", "/agent/*/run", status=400, detail=detail)
    with pytest.raises(MosaicRejected) as caught:
        world.start()
    assert detail in str(caught.value)
    run = Run.objects.get()
    kept = [run.status_message, *run.events.values_list("text", flat=True), str(AuditEvent.objects.get().after)]
    assert f"{CLIP}?…" in run.status_message
    assert not [text for text in kept if "secret" in text]
