"""`manage.py bench`: a small round of it, which touches nothing but the file it was asked to write."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from runs.management.bench_probes import Figure
from tests.site.processes import ROOT, manage

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.system


def test_a_small_bench_keeps_every_structural_bound_and_leaves_no_trace(tmp_path: Path) -> None:
    report = ROOT / "docs" / "performance.md"
    before = report.read_bytes() if report.exists() else None
    told = tmp_path / "bench.json"
    done = manage(
        "bench",
        f"--json={told}",
        "--runs=200",
        "--rounds=2",
        "--no-report",
        folder=tmp_path / "var",
        TMPDIR=str(tmp_path),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {figure["name"]: figure for figure in json.loads(told.read_text(encoding="utf-8"))}
    structural = [figure for figure in figures.values() if figure["is_structural"]]
    assert len(structural) > 20
    assert [figure["name"] for figure in structural if not figure["holds"] or figure["value"] <= 0] == []
    poll, reads = figures["headers of a poll without news"], figures["database reads of a poll without news"]
    assert (poll["bound"], reads["bound"]) == (300, 2)
    assert {"server time, run list", "server time, run page of a 100-node run"} <= figures.keys()
    assert "200 of 200 runs" in done.stderr
    assert re.search(r"^ok +first load, home: [\d.]+ kB \(bound 100\)$", done.stdout, re.MULTILINE)
    assert not (tmp_path / "var" / "db.sqlite3").exists()
    assert list(tmp_path.glob("mosaic-bench-*")) == []
    assert (report.read_bytes() if report.exists() else None) == before


def test_a_figure_over_its_bound_does_not_hold() -> None:
    assert Figure("x", 2, "", 2).holds
    assert not Figure("x", 2.1, "", 2).holds
