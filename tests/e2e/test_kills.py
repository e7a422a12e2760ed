"""Whatever is killed, whenever: every run is right at the end, and none was started twice."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import threading
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from runs.engine.demo.sample_agents import PODCAST_SHORTS
from runs.engine.nodes.mirror import MIRROR
from tests.e2e.clips import decodes, repeated, served, two_scenes
from tests.e2e.editor import Editor
from tests.e2e.remains import Publications, ffmpegs_in, query
from tests.site.processes import Up, eventually, is_alive, seeded

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 20
PASSWORD = "a password for the kill test"
VICTIMS = ("worker", "serve", "ffmpeg")
SETTINGS = {
    "MOSAIC_ENGINE": "on",
    "MOSAIC_ENGINE_CREDITS": "100000",
    "MOSAIC_ADMIN_PASSWORD": PASSWORD,
    "MOSAIC_LEASE_SECONDS": "3",
    "MOSAIC_SWEEP_SECONDS": "1",
    "MOSAIC_FETCH_ALLOW": "127.0.0.1",
}
# The sample agent: an input, Silence Removal, Clips; for each of the two clips Reframe, Watermark and Mirror.
NODES, OUTPUTS = 9, 4
CLIPS_FIELD = f"params-{PODCAST_SHORTS.node_id('clips')}"

pytestmark = [pytest.mark.system, pytest.mark.timeout(540)]


def _kill(up: Up, victim: str) -> None:
    if victim == "ffmpeg":
        eventually(lambda: bool(ffmpegs_in(up.folder)), 1.0)
        targets = ffmpegs_in(up.folder)
    else:
        targets = [up.child(victim)]
    for process_id in filter(None, targets):
        with suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)


def _start_and_kill(up: Up, editor: Editor, link: str, dice: random.Random) -> list[str]:
    """Twenty runs, and something killed at a random moment of each; the runs' pages."""
    agent = editor.agent("Podcast shorts")
    runs = []
    for number in range(ROUNDS):
        # Each start has a link of its own, so that the engine's runs tell which start made them.
        form = editor.form(agent, f"{link}?start={number}.") | {CLIPS_FIELD: '{"target_duration": 1}'}
        killer = threading.Timer(dice.uniform(0.0, 1.8), _kill, (up, VICTIMS[number % len(VICTIMS)]))
        killer.start()
        time.sleep(dice.uniform(0.0, 0.2))
        runs.append(editor.start(agent, form))
        killer.join()
    return runs


def test_twenty_rounds_of_sudden_death(tmp_path: Path) -> None:
    dice = random.Random(int(os.environ.get("KILL_SEED", "7")))
    clip = two_scenes(tmp_path / "talk.mp4")
    folder = seeded(tmp_path / "var")
    engine = folder / "engine"
    with served(tmp_path) as files, Up(folder, **SETTINGS) as up, Publications(engine) as publications:
        up.ready()
        editor = Editor(up.address, PASSWORD)
        runs = _start_and_kill(up, editor, f"{files}/{clip.name}", dice)
        ends = [editor.decide_and_wait(run, seconds=120) for run in runs]
        _what_is_served_is_what_was_published(editor, folder)
        assert eventually(lambda: not any((engine / "attempts").iterdir()), 10)
        assert ffmpegs_in(folder) == []
        began = time.monotonic()
        up.process.terminate()
        assert up.process.wait(5) == 0
        assert time.monotonic() - began < 3
    _nothing_was_started_twice(folder, runs, ends)
    _every_run_is_whole(folder, ends.count("completed"))
    _nothing_was_charged_twice(folder)
    # One published folder a node, at any moment: nothing finished was rendered twice.
    assert publications.of_nodes
    assert all(len(folders) == 1 for folders in publications.of_nodes.values())
    assert not publications.halves


def _what_is_served_is_what_was_published(editor: Editor, folder: Path) -> None:
    paths = {uuid.UUID(key): path for key, path in query(folder, "SELECT id, video_path FROM engine_render")}
    for own_id, remote_id in query(folder, "SELECT id, remote_id FROM runs_output"):
        served_bytes = editor.get(f"/outputs/{uuid.UUID(own_id)}/video").content
        assert served_bytes == (folder / "engine" / paths[uuid.UUID(remote_id)]).read_bytes()


def _nothing_was_started_twice(folder: Path, runs: list[str], ends: list[str]) -> None:
    """Each start made one run of the engine, or none where it was killed before it arrived; each knows its own."""
    assert len(set(runs)) == ROUNDS
    bodies = query(folder, "SELECT body FROM engine_enginerun")
    starts = [re.findall(r"\?start=(\d+)\.", json.dumps(json.loads(body)))[0] for (body,) in bodies]
    assert len(starts) == len(set(starts))
    engine_runs = {uuid.UUID(key) for (key,) in query(folder, "SELECT id FROM engine_enginerun")}
    known = query(folder, "SELECT remote_id, status FROM runs_run")
    assert len(known) == ROUNDS
    claimed = [uuid.UUID(remote_id) for remote_id, _ in known if remote_id]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) == engine_runs
    assert ends.count("completed") == len(engine_runs)
    # A start that was killed on its way is known to be in doubt; it is a matter of milliseconds, so it is rare.
    assert ends.count("unconfirmed") == ROUNDS - len(engine_runs) <= 2


def _every_run_is_whole(folder: Path, completed: int) -> None:
    per_run = "SELECT COUNT(*), SUM(status = 'completed') FROM engine_runtimenode GROUP BY run_id"
    assert query(folder, per_run) == [(NODES, NODES)] * completed
    outputs = query(folder, "SELECT COUNT(*), COUNT(DISTINCT remote_id) FROM runs_output GROUP BY run_id")
    assert outputs == [(OUTPUTS, OUTPUTS)] * completed
    leaves = query(
        folder, "SELECT r.video_path FROM engine_render r JOIN engine_runtimenode n ON n.id = r.node_id WHERE n.is_leaf"
    )
    assert len(leaves) == OUTPUTS * completed
    assert all(decodes(folder / "engine" / path) for (path,) in leaves)


def _nothing_was_charged_twice(folder: Path) -> None:
    """One charge for each node that was done, none given back, and the balance says the same."""
    entries = query(folder, "SELECT key, amount FROM engine_creditentry")
    charged = [key.split("/")[0] for key, _ in entries if key.endswith("/charge")]
    done = [str(uuid.UUID(key)) for (key,) in query(folder, "SELECT id FROM engine_runtimenode")]
    assert sorted(charged) == sorted(done)
    assert not [key for key, _ in entries if key.endswith("/refund")]
    ((balance,),) = query(folder, "SELECT balance FROM engine_account")
    assert balance == sum(amount for _, amount in entries)


def test_the_whole_dashboard_dies_and_is_asked_to_end_in_the_middle_of_a_render(tmp_path: Path) -> None:
    clip = repeated(two_scenes(tmp_path / "short.mp4"), tmp_path / "talk.mp4", 60)
    folder = seeded(tmp_path / "var")
    with served(tmp_path) as files:
        with Up(folder, **SETTINGS) as up:
            editor = Editor(up.ready().address, PASSWORD)
            agent = editor.agent("Podcast shorts")
            run = editor.start(agent, editor.form(agent, f"{files}/{clip.name}"))
            assert eventually(lambda: bool(ffmpegs_in(folder)), 20)
            family = up.children()
            up.process.kill()
            assert eventually(lambda: not any(is_alive(one) for one in family) and not ffmpegs_in(folder), 2)
        with Up(folder, **SETTINGS) as up:
            up.ready()
            assert eventually(lambda: bool(ffmpegs_in(folder)), 20)
            family = up.children()
            began = time.monotonic()
            up.process.terminate()
            assert up.process.wait(5) == 0
            assert time.monotonic() - began < 3
            assert not any(is_alive(one) for one in family)
            assert ffmpegs_in(folder) == []
        with Up(folder, **SETTINGS) as up:
            Editor(up.ready().address, PASSWORD).wait(run, "completed", seconds=90)


def test_cancelling_ends_ffmpeg_within_two_seconds(tmp_path: Path) -> None:
    # Eight minutes, which the first step after the input mirrors frame by frame.
    clip = repeated(two_scenes(tmp_path / "short.mp4"), tmp_path / "talk.mp4", 240)
    folder = seeded(tmp_path / "var")
    with served(tmp_path) as files, Up(folder, **SETTINGS) as up:
        editor = Editor(up.ready().address, PASSWORD)
        agent = editor.agent("Broken step")
        run = editor.start(agent, editor.form(agent, f"{files}/{clip.name}"))
        working = "SELECT node_type_id FROM engine_runtimenode WHERE status = 'running'"
        assert eventually(lambda: query(folder, working) == [(MIRROR.id,)] and bool(ffmpegs_in(folder)), 20)
        editor.press(run, "cancel")
        assert eventually(lambda: not ffmpegs_in(folder), 2)
        assert editor.wait(run, "cancelled", seconds=5)
        cancelled = "SELECT node_type_id, attempts FROM engine_runtimenode WHERE status = 'cancelled' AND attempts"
        assert query(folder, cancelled) == [(MIRROR.id, 1)]
