"""`.env.example` names exactly the settings that the code reads, and `.env` is read as written."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from mosaic_dashboard import dotenv, up

ROOT = Path(__file__).resolve().parent.parent.parent
# What `up` tells its children and itself; nobody sets these by hand.
INTERNAL = {"MOSAIC_SERVE_URL", "MOSAIC_LIFELINE", "MOSAIC_GATE", "MOSAIC_STARTED_AGAIN"}
READ = re.compile(r"""["'](MOSAIC_[A-Z_]+|REQUIRE_BROWSER|CHROMIUM)["']""")


def _read_by_code() -> set[str]:
    names: set[str] = set()
    sources = [
        *(ROOT / "mosaic_dashboard").rglob("*.py"),
        *(ROOT / "runs").rglob("*.py"),
        ROOT / "tests" / "chromium.py",
        ROOT / "tests" / "conftest.py",
    ]
    for source in sources:
        names |= set(READ.findall(source.read_text(encoding="utf-8")))
    return names - INTERNAL


def test_the_example_is_complete_and_names_nothing_else() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^#?([A-Z_]+)=", text, re.M)
    assert len(named) == len(set(named))
    assert set(named) == _read_by_code() | {"REQUIRE_BROWSER"}


def test_each_setting_of_the_example_is_explained() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    for above, line in itertools.pairwise(lines):
        if re.match(r"#?[A-Z_]+=", line):
            assert re.fullmatch(r"# \S.+", above), f"{line} has no sentence above it"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MOSAIC_DATA_DIR=/srv/mosaic", "/srv/mosaic"),
        ("MOSAIC_DATA_DIR = /srv/mosaic", "/srv/mosaic"),
        ("export MOSAIC_DATA_DIR=/srv/mosaic", "/srv/mosaic"),
        ("MOSAIC_DATA_DIR='/srv/a folder'", "/srv/a folder"),
        ('MOSAIC_DATA_DIR="/srv/#1" # the big disk', "/srv/#1"),
        ("MOSAIC_DATA_DIR=/srv/mosaic # the big disk", "/srv/mosaic"),
        ("MOSAIC_DATA_DIR=/srv/mosaic#2", "/srv/mosaic#2"),
        ("MOSAIC_DATA_DIR=a=b", "a=b"),
        ("MOSAIC_DATA_DIR=# nothing", ""),
        ("MOSAIC_DATA_DIR=", ""),
        ("#MOSAIC_DATA_DIR=/srv/old\nMOSAIC_DATA_DIR=/srv/new", "/srv/new"),
        ("nonsense", ""),
    ],
)
def test_env_files_are_read_as_people_write_them(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "env"
    file.write_text(f"# a comment\n\n{text}\n")
    assert dotenv.read(file).get("MOSAIC_DATA_DIR", "") == expected


def test_no_file_is_no_setting(tmp_path: Path) -> None:
    assert dotenv.read(tmp_path / "absent") == {}


def test_the_environment_wins_and_a_file_may_hold_the_value(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "env").write_text("MOSAIC_DATA_DIR=/from/env/file\n")
    (tmp_path / "value").write_text("/from/value/file\n")
    monkeypatch.setenv("MOSAIC_ENV_FILE", str(tmp_path / "env"))
    monkeypatch.setenv("MOSAIC_DATA_DIR", "/from/environment")
    assert up.setting("MOSAIC_DATA_DIR") == "/from/environment"
    (tmp_path / "env").write_text(f"MOSAIC_DATA_DIR_FILE={tmp_path / 'value'}\n")
    monkeypatch.delenv("MOSAIC_DATA_DIR")
    assert up.setting("MOSAIC_DATA_DIR") == "/from/value/file"
