"""What a dashboard leaves on disk, in its database and among the processes: for tests that kill it."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import defaultdict
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Self

SAMPLE_SECONDS = 0.1


def query(folder: Path, question: str) -> list[tuple[Any, ...]]:
    """Rows of the database of a data folder."""
    with closing(sqlite3.connect(folder / "db.sqlite3", timeout=20)) as database:
        return database.execute(question).fetchall()


def ffmpegs_in(folder: Path) -> list[int]:
    """FFmpeg processes that work anywhere below a data folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            works_here = (entry / "cwd").readlink().is_relative_to(folder)
            if works_here and (entry / "comm").read_text(encoding="utf-8").startswith("ffmpeg"):
                found.append(int(entry.name))
    return found


class Publications:
    """Watches, for the length of a ``with``, what appears among an engine's published renders.

    ``of_nodes`` are the folders that were ever published for each node, ``halves`` those that were not whole.
    """

    def __init__(self, engine: Path) -> None:
        self.of_nodes: dict[str, set[str]] = defaultdict(set)
        self.halves: list[Path] = []
        self._renders = engine / "renders"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self._look()

    def _look(self) -> None:
        for folder in self._renders.glob("*/*"):
            known = self.of_nodes[folder.parent.name]
            if folder.name not in known:
                known.add(folder.name)
                if not _is_whole(folder):
                    self.halves.append(folder)


def _is_whole(folder: Path) -> bool:
    try:
        made = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        return all((folder / item["video"]).stat().st_size == item["size_bytes"] for item in made["videos"])
    except (OSError, ValueError):
        return False
