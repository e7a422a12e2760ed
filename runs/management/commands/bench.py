"""Measure the product against its budgets, on a database of its own."""

from __future__ import annotations

import json
import platform
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from runs.management import bench_data, bench_probes

if TYPE_CHECKING:
    from collections.abc import Iterator

REPORT = Path("docs/performance.md")


class Command(BaseCommand):
    """``manage.py bench --json FILE``: every figure with its bound; exit 1 when a structural bound is broken."""

    help = "Measure bytes, queries and server times on a throw-away database and write docs/performance.md."

    def add_arguments(self, parser: CommandParser) -> None:
        """Sizes may be lowered for a quick look; the published figures use the defaults."""
        parser.add_argument("--json", dest="json_file", metavar="FILE", help="also write the figures as JSON")
        parser.add_argument("--runs", type=int, default=100_000, help="rows in the run list (default 100,000)")
        parser.add_argument("--rounds", type=int, default=30, help="requests per timed page (default 30)")
        parser.add_argument("--no-report", action="store_true", help=f"leave {REPORT} alone")

    def handle(self, *_args: str, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Make the data, measure, print, write."""
        with tempfile.TemporaryDirectory(prefix="mosaic-bench-") as folder, _own_database(Path(folder)):
            settings.STATIC_ROOT = Path(folder) / "static"
            # The back office is not measured, and compressing it takes longer than everything else.
            call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["admin"])
            call_command("migrate", verbosity=0)
            scene = bench_data.make(options["runs"], progress=self._show)
            figures = bench_probes.measure(scene, rounds=options["rounds"], progress=self._show)
        self._tell(figures, options)
        if any(figure.is_structural and not figure.holds for figure in figures):
            sys.exit(1)

    def _show(self, line: str) -> None:
        """Progress, in one line that is written over."""
        self.stderr.write(line, ending="")
        self.stderr.flush()

    def _tell(self, figures: list[bench_probes.Figure], options: dict[str, Any]) -> None:
        for figure in figures:
            mark = "ok  " if figure.holds else "OVER"
            self.stdout.write(f"{mark} {figure.name}: {figure.value:g} {figure.unit} (bound {figure.bound:g})")
        if options["json_file"]:
            Path(options["json_file"]).write_text(
                json.dumps([figure.as_dict() for figure in figures], indent=2) + "\n", encoding="utf-8"
            )
        if not options["no_report"]:
            (settings.BASE_DIR / REPORT).write_text(_report(figures, options["runs"]), encoding="utf-8")


@contextmanager
def _own_database(folder: Path) -> Iterator[None]:
    """An empty database for as long as the block lasts; the real one is not opened."""
    name = connection.settings_dict["NAME"]
    connection.close()
    # Threads make their connections from the same settings.
    connection.settings_dict["NAME"] = folder / "bench.sqlite3"
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name


def _report(figures: list[bench_probes.Figure], runs: int) -> str:
    rows = "\n".join(
        f"| {figure.name} | {figure.value:g} {figure.unit} | ≤ {figure.bound:g} {figure.unit} | "
        f"{'yes' if figure.holds else '**no**'} |"
        for figure in figures
    )
    return (
        "# Measured numbers\n\n"
        "This page is written by `.venv/bin/python manage.py bench --json FILE`; do not edit it by hand.\n\n"
        f"Made with {runs:,} runs in the list on Python {platform.python_version()} and SQLite, on a machine that\n"
        "other work shared: trust counts, bytes and ratios; read times as an order of magnitude. Times are the\n"
        "server's own, the median of the requests made, without a network.\n\n"
        "| What | Measured | Bound | Holds |\n|---|---:|---:|---|\n"
        f"{rows}\n\n"
        "Bytes are what travels: pages gzipped, scripts and styles brotli-compressed as the server sends them.\n"
        "“First load” counts a page with every script, style and image it names; the videos and thumbnails of inputs\n"
        "and outputs are not counted. “Headers of a poll without news” are read from a real socket.\n"
    )
