"""A worker may be killed at any moment: what it leaves is done once more, or counted, and never served half."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils import timezone

from runs.engine.execution.steering import cancel
from runs.engine.models import CreditEntry, EngineRun, Render, RuntimeNode
from runs.engine.nodes.base import Result
from runs.engine.rendering import attempts, leases, render
from runs.engine.rendering.ffmpeg import Runner
from tests.render.conftest import only_node

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_django.fixtures import Settings

    from runs.engine.nodes.base import Work

pytestmark = pytest.mark.django_db


def _killed(run: EngineRun) -> RuntimeNode:
    """The first node as a killed worker leaves it: leased, the lease run out, half a file in its folder."""
    taken = leases.take()
    assert taken is not None
    node, _ = taken
    (attempts.open_folder(node) / "0.mp4").write_bytes(b"half")
    _expire(node)
    return node


def _expire(node: RuntimeNode) -> None:
    RuntimeNode.objects.filter(pk=node.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_killed_attempt_is_made_once_more_and_swept_away(
    make_run: Callable[..., EngineRun], engine_dir: Path
) -> None:
    node = _killed(make_run())
    assert render.work_one() is True
    node.refresh_from_db()
    assert (node.status, node.attempts) == ("completed", 2)
    assert Render.objects.count() == 1
    assert CreditEntry.objects.filter(reason="Video Input").count() == 1
    assert list((engine_dir / "attempts").iterdir()) == []
    assert len(list((engine_dir / "renders" / str(node.pk)).iterdir())) == 1


def test_a_lease_that_runs_is_respected(make_run: Callable[..., EngineRun], engine_dir: Path) -> None:
    make_run()
    taken = leases.take()
    assert taken is not None
    folder = attempts.open_folder(taken[0])
    assert render.work_one() is False
    render.sweep()
    assert folder.is_dir()


def test_of_two_workers_that_see_the_same_node_one_gets_it(
    make_run: Callable[..., EngineRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run()
    rivals: list[Any] = []
    real = uuid.uuid4

    def overtaken() -> uuid.UUID:
        # Between our reading and our update, another worker takes the node.
        monkeypatch.setattr(uuid, "uuid4", real)
        rivals.append(leases.take())
        return real()

    monkeypatch.setattr(uuid, "uuid4", overtaken)
    assert leases.take() is None
    assert rivals[0] is not None
    assert RuntimeNode.objects.get().lease_token == rivals[0][0].lease_token


def test_what_was_published_and_not_recorded_is_recorded_and_not_made_again(
    make_run: Callable[..., EngineRun], stand_in: Callable[[object], None], engine_dir: Path, tiny: Path
) -> None:
    node = _killed(make_run())
    taken = leases.take()
    assert taken is not None
    folder = attempts.open_folder(taken[0])
    (folder / "0.mp4").write_bytes(tiny.read_bytes())
    published = attempts.publish(taken[0], folder, Result([folder / "0.mp4"]), Runner(folder))
    _expire(node)

    def never(work: Work) -> Result:
        raise AssertionError("rendered twice")

    stand_in(never)
    assert render.work_one() is True
    node.refresh_from_db()
    assert node.status == "completed"
    assert (engine_dir / Render.objects.get().video_path).parent == published
    assert list((engine_dir / "attempts").iterdir()) == []


def test_a_worker_that_overslept_its_lease_changes_nothing(
    make_run: Callable[..., EngineRun], stand_in: Callable[[object], None], engine_dir: Path, tiny: Path
) -> None:
    """Frozen and woken up after somebody else did the work: its own result is dropped."""
    run = make_run()

    def oversleep(work: Work) -> Result:
        stand_in(quick)
        _expire(only_node(run))
        assert render.work_one() is True
        return quick(work)

    def quick(work: Work) -> Result:
        (work.folder / "0.mp4").write_bytes(tiny.read_bytes())
        return Result([work.folder / "0.mp4"])

    stand_in(oversleep)
    assert render.work_one() is True
    assert Render.objects.count() == 1
    made = Render.objects.get()
    folders = list((engine_dir / "renders" / str(made.node_id)).iterdir())
    assert folders == [(engine_dir / made.video_path).parent]
    assert list((engine_dir / "attempts").iterdir()) == []


def test_after_too_many_silent_deaths_the_node_fails_with_a_sentence(make_run: Callable[..., EngineRun]) -> None:
    run = make_run()
    for _ in range(render.MAX_SILENT_DEATHS):
        _killed(run)
    assert render.work_one() is True
    node = only_node(run)
    assert node.status == "failed"
    assert node.errors == ["This node ended 10 times with its worker, perhaps for want of memory."]


def test_the_sweep_removes_what_nobody_owns(make_run: Callable[..., EngineRun], engine_dir: Path) -> None:
    node = _killed(make_run())
    stranger = engine_dir / "attempts" / str(uuid.uuid4()) / "1-abc"
    stranger.mkdir(parents=True)
    (engine_dir / "attempts" / "not-a-node").mkdir()
    render.sweep()
    assert sorted(path.name for path in (engine_dir / "attempts").iterdir()) == ["not-a-node"]
    assert not (engine_dir / "renders" / str(node.pk)).exists()


def _endless(started: threading.Event) -> Callable[[Work], Result]:
    def work(work: Work) -> Result:
        started.set()
        work.ffmpeg.run(["-re", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25", "-f", "null", "-"])
        raise AssertionError("it never ends by itself")

    return work


def _in_background() -> threading.Thread:
    def run() -> None:
        try:
            render.work_one()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_cancelling_ends_ffmpeg_within_two_seconds(
    make_run: Callable[..., EngineRun], stand_in: Callable[[object], None]
) -> None:
    run = make_run()
    started = threading.Event()
    stand_in(_endless(started))
    worker = _in_background()
    assert started.wait(5)
    time.sleep(0.1)
    began = time.monotonic()
    cancel(run)
    worker.join(5)
    assert time.monotonic() - began < 2
    node = only_node(run)
    assert (node.status, node.lease_token) == ("cancelled", None)
    assert Render.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_told_to_end_gives_its_node_back(
    make_run: Callable[..., EngineRun], stand_in: Callable[[object], None]
) -> None:
    run = make_run()
    started = threading.Event()
    stand_in(_endless(started))
    worker = _in_background()
    assert started.wait(5)
    began = time.monotonic()
    render.shut_down()
    worker.join(5)
    assert time.monotonic() - began < 1
    node = only_node(run)
    assert (node.status, node.attempts, node.lease_token) == ("queued", 0, None)
    assert render.work_one() is False


@pytest.mark.django_db(transaction=True)
def test_a_long_render_keeps_its_lease(
    make_run: Callable[..., EngineRun], stand_in: Callable[[object], None], settings: Settings, tiny: Path
) -> None:
    settings.MOSAIC_LEASE_SECONDS = 0.8
    run = make_run()

    def slow(work: Work) -> Result:
        time.sleep(1.2)
        node = only_node(run)
        assert node.lease_until is not None
        assert node.lease_until > timezone.now()
        assert leases.take() is None
        (work.folder / "0.mp4").write_bytes(tiny.read_bytes())
        return Result([work.folder / "0.mp4"])

    stand_in(slow)
    render.work_one()
    assert only_node(run).status == "completed"


def test_a_worker_that_starts_ends_the_leases_of_the_one_that_was_killed(make_run: Callable[..., EngineRun]) -> None:
    make_run()
    taken = leases.take()
    assert taken is not None
    assert render.work_one() is False
    assert leases.forget() == 1
    assert render.work_one() is True
    taken[0].refresh_from_db()
    assert (taken[0].status, taken[0].attempts) == ("completed", 2)


def test_a_lease_from_before_the_clock_was_set_back_has_run_out(make_run: Callable[..., EngineRun]) -> None:
    make_run()
    assert leases.take() is not None
    RuntimeNode.objects.update(lease_until=timezone.now() + timedelta(hours=1))
    assert render.work_one() is True
