"""Whatever is killed, whenever: every run is right at the end, and none was started twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.e2e.clips import decodes, served, two_scenes
from tests.e2e.editor import Editor
from tests.site.processes import Up, eventually

ROUNDS = 20
PASSWORD = "a password for the kill test"
VICTIMS = ("worker", "serve", "ffmpeg")

pytestmark = [pytest.mark.system, pytest.mark.timeout(540)]


def _ffmpegs(up: Up) -> list[int]:
    """FFmpeg processes below the worker."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            name, _, rest = stat.read_text(encoding="utf-8").partition("(")[2].rpartition(")")
            if name.startswith("ffmpeg") and int(rest.split()[1]) == up.child("worker"):
                found.append(int(stat.parent.name))
    return found


def _kill(up: Up, victim: str) -> None:
    if victim == "ffmpeg":
        eventually(lambda: bool(_ffmpegs(up)), 1.0)
        for process_id in _ffmpegs(up):
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)
        return
    process_id = up.child(victim)
    if process_id:
        with suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)


def _rows(folder: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "db.sqlite3", timeout=20)) as database:
        return database.execute(question).fetchall()


def test_twenty_rounds_of_sudden_death(tmp_path: Path) -> None:
    dice = random.Random(int(os.environ.get("KILL_SEED", "7")))
    clip = two_scenes(tmp_path / "talk.mp4")
    folder = tmp_path / "var"
    settings = {
        "MOSAIC_ENGINE": "on",
        "MOSAIC_ENGINE_CREDITS": "100000",
        "MOSAIC_ADMIN_PASSWORD": PASSWORD,
        "MOSAIC_LEASE_SECONDS": "3",
        "MOSAIC_SWEEP_SECONDS": "1",
        "MOSAIC_FETCH_ALLOW": "127.0.0.1",
    }
    runs: list[str] = []
    with served(tmp_path) as files, Up(folder, **settings) as up:
        up.ready()
        editor = Editor(up.address, PASSWORD)
        agent = editor.agent("Podcast shorts")
        for number in range(ROUNDS):
            form = editor.form(agent, f"{files}/{clip.name}")
            killer = threading.Timer(dice.uniform(0.0, 1.8), _kill, (up, VICTIMS[number % len(VICTIMS)]))
            killer.start()
            time.sleep(dice.uniform(0.0, 0.2))
            runs.append(editor.start(agent, form))
            killer.join()
        for run in runs:
            editor.wait(run, "completed", seconds=120)
        started = _rows(folder, "SELECT COUNT(*) FROM engine_enginerun")
        known = _rows(folder, "SELECT COUNT(*), COUNT(DISTINCT remote_id), COUNT(DISTINCT start_token) FROM runs_run")
        # Two scenes, two branches of the sample agent: every run has the same outputs, each of them once.
        outputs = _rows(folder, "SELECT COUNT(*) FROM runs_output GROUP BY run_id")
        charges = _rows(
            folder,
            "SELECT COUNT(*) FROM engine_creditentry WHERE amount < 0 GROUP BY key HAVING COUNT(*) > 1",
        )
        published = [
            tuple(str(value) for value in row) for row in _rows(folder, "SELECT video_path, node_id FROM engine_render")
        ]
    assert len(set(runs)) == ROUNDS
    assert started == [(ROUNDS,)]
    assert known == [(ROUNDS, ROUNDS, ROUNDS)]
    assert len(outputs) == ROUNDS
    assert len(set(outputs)) == 1
    assert charges == []
    engine = folder / "engine"
    assert all(decodes(engine / path) for path, _node in published)
    # One published folder a node: nothing finished was rendered twice.
    folders = {node: {Path(path).parent for path, owner in published if owner == node} for _path, node in published}
    assert all(len(parents) == 1 for parents in folders.values())
