"""What the worker finds to do, and how it is put into the queues and worked on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.utils import timezone

from runs import jobs, statuses
from runs.engine.rendering import render
from runs.jobs import queues, work, worker
from runs.jobs.ticker import Ticker
from runs.models import Agent, Connection, GraphLayout, Run
from tests.engine import play
from tests.factories import make_agent, make_connection, make_run
from tests.world import fresh, make_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def empty_queues(db: None, tmp_path: Any, settings: Settings) -> Iterator[None]:
    """Queues of this test's own."""
    settings.QUEUE_DIR = tmp_path / "queue"
    queues.queue.cache_clear()
    yield
    for name in (jobs.SYNC, jobs.MEDIA):
        queues.queue(name).storage.close()
    queues.queue.cache_clear()


@pytest.fixture
def ticker() -> Ticker:
    """A worker's eye."""
    return Ticker(2, lambda: None)


def work_off(name: str = jobs.SYNC) -> int:
    """Do what waits in the queue; how many messages that were."""
    done = 0
    while (task := queues.queue(name).dequeue()) is not None:
        queues.queue(name).execute(task)
        done += 1
    return done


def test_due_rows_are_offered_once_until_they_are_worked_on(ticker: Ticker) -> None:
    run = make_run(due_at=timezone.now())
    for _ in range(5):
        ticker._look()
    assert queues.waiting(jobs.SYNC) == 2, "the run, and the layout its agent's graph has not got"
    assert work_off() == 2
    assert fresh(run).sync_failures == 1, "the engine does not know this run"
    Run.objects.update(due_at=timezone.now())
    Connection.objects.update(failures=0)
    ticker._look()
    assert queues.waiting(jobs.SYNC) == 1


def test_one_pass_brings_a_new_engine_to_agents_with_pictures(ticker: Ticker) -> None:
    play.make_agent({"in": ("Video Input", ()), "mirror": ("Mirror", ("in",))})
    make_connection(due_at=timezone.now(), name="Local")
    for _ in range(3):
        ticker._look()
        work_off()
    agent = Agent.objects.get()
    assert agent.current_version is not None
    layout = GraphLayout.objects.get(graph_hash=agent.current_version.graph_hash)
    assert len(layout.positions["nodes"]) == 2


def test_of_a_remote_in_trouble_one_row_at_a_time(ticker: Ticker) -> None:
    agent = make_agent()
    agent.versions.all().delete()
    for _ in range(4):
        make_run(agent, agent_version=None, due_at=timezone.now())
    Connection.objects.update(failures=1)
    ticker._look()
    assert queues.waiting(jobs.SYNC) == 1


def test_rows_of_a_connection_that_is_off_or_unproven_are_left_alone(ticker: Ticker) -> None:
    run = make_run(due_at=timezone.now())
    Connection.objects.update(key_checked=False)
    ticker._look()
    work_off()
    work.poll_run(str(run.pk))
    assert fresh(run).sync_failures == 0
    Connection.objects.update(key_checked=True, is_enabled=False)
    work.poll_run(str(run.pk))
    assert fresh(run).sync_failures == 0


def test_ready_nodes_go_to_the_media_queue_and_no_more_than_there_are_threads(ticker: Ticker) -> None:
    world = make_world()
    for _ in range(4):
        world.start()
    for _ in range(3):
        ticker._look()
    assert queues.waiting(jobs.MEDIA) == 2


def test_the_media_queue_renders_until_nothing_is_ready(ticker: Ticker, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [True, True, False]
    monkeypatch.setattr(render, "work_one", lambda: left.pop(0))
    jobs.wake(jobs.MEDIA)
    queues._knock(jobs.MEDIA)
    assert work_off(jobs.MEDIA) == 1
    assert left == []


def test_an_error_is_logged_and_the_row_left_to_its_claim(
    ticker: Ticker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_run(due_at=timezone.now())

    def explode(*_args: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("runs.gateway.client_for_jobs", explode)
    ticker._look()
    work_off()
    assert "poll_run" in caplog.text
    assert "boom" in caplog.text


def test_a_layout_that_fails_is_not_tried_at_once_again(ticker: Ticker, monkeypatch: pytest.MonkeyPatch) -> None:
    make_agent()
    monkeypatch.setattr("runs.layout.compute", lambda _graph: 1 / 0)
    for _ in range(3):
        ticker._look()
        work_off()
    ticker._look()
    assert queues.waiting(jobs.SYNC) == 0


def test_a_quiet_database_is_not_looked_into(ticker: Ticker, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(ticker, "_look", lambda: looks.append(1))
    ticker.tick()
    ticker.tick()
    assert looks == [1]


def test_the_next_due_time_ends_the_quiet(ticker: Ticker, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run(due_at=timezone.now() + timedelta(seconds=0.05))
    looks: list[float] = []
    monkeypatch.setattr(ticker, "_look", lambda: looks.append(ticker._look_again))
    ticker.tick()
    assert ticker._look_again - looks[0] > 0
    monkeypatch.setattr("time.monotonic", lambda: ticker._look_again + 0.01)
    ticker.tick()
    assert len(looks) == 2


def test_waking_is_heard_after_the_transaction(django_capture_on_commit_callbacks: Any) -> None:
    rings: list[str] = []
    Ticker(1, lambda: rings.append("ring"))
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        jobs.wake()
        assert queues.waiting(jobs.SYNC) == 0
    assert work_off() == 1
    assert rings == ["ring"]


def test_nobody_knocks_without_end_while_no_worker_runs() -> None:
    for _ in range(queues.MOST_WAITING + 10):
        queues._knock(jobs.SYNC)
    assert queues.waiting(jobs.SYNC) == queues.MOST_WAITING


def test_a_new_worker_frees_what_the_killed_one_was_reading_and_nothing_else() -> None:
    read, acted = make_run(due_at=timezone.now()), make_run(due_at=timezone.now())
    Run.objects.claim(read.pk, "sync", 180)
    Run.objects.claim(acted.pk, "cancel", 40)
    worker.forget_claims()
    assert list(Run.objects.due().values_list("pk", flat=True)) == [read.pk]
    assert fresh(acted).claimed_for == "cancel"
    assert fresh(acted).status == statuses.RUNNING


def test_when_the_clock_goes_back_everything_is_looked_at_again(
    ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(due_at=timezone.now() + timedelta(hours=2))
    make_run(due_at=None)
    ticker.tick()
    assert not Run.objects.filter(due_at__lte=timezone.now()).exists()
    monkeypatch.setattr(ticker, "_clock", ticker._clock + 7200)
    ticker.tick()
    assert Run.objects.filter(due_at__lte=timezone.now()).count() == 1
    assert Run.objects.filter(due_at=None).count() == 1
