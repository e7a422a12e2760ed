"""Making `.venv`: what is asked before, what is installed, and what happens when it was cut short."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mosaic_dashboard import bootstrap

ROOT = Path(__file__).resolve().parent.parent.parent
# A Python that is not in any environment, as a newcomer's.
BASE_PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What runs before the install, with lock files that ask for nothing."""
    for name in ("manage.py", *(f"mosaic_dashboard/{path.name}" for path in (ROOT / "mosaic_dashboard").glob("*.py"))):
        target = tmp_path / "clone" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    for name in bootstrap.HELD_BY:
        (tmp_path / "clone" / name).write_text("# nothing\n")
    return tmp_path / "clone"


@pytest.fixture
def venv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment folder in which everything looks installed."""
    for name in bootstrap.HELD_BY:
        (tmp_path / name).write_text(f"{name}==1\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / "python")
    monkeypatch.setattr(bootstrap, "INSTALLED", tmp_path / "installed")
    monkeypatch.setattr(bootstrap, "UNFINISHED", tmp_path / "installed" / "unfinished")
    (tmp_path / "python").touch()
    (tmp_path / "installed").mkdir()
    return tmp_path


def _manage(checkout: Path, *words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith(("MOSAIC_", "PYTHON"))}
    script = [str(checkout / "manage.py")] if not code else ["-c", code]
    command = [BASE_PYTHON, *script, *words]
    return subprocess.run(command, cwd=checkout, env=clean, capture_output=True, text=True, timeout=120, check=False)


def test_an_old_python_can_read_the_first_file() -> None:
    text = (ROOT / "manage.py").read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 6))
    assert "import annotations" not in text, "Python 3.6 would stop there without a word of ours"


def test_an_old_python_is_told_in_one_sentence(checkout: Path) -> None:
    code = "import sys, runpy; sys.version_info = (3, 9, 2); runpy.run_path('manage.py', run_name='__main__')"
    done = _manage(checkout, "up", code=code)
    assert done.returncode == 2
    assert done.stderr.startswith("Mosaic Dashboard needs Python 3.11 or newer, and this is Python 3.9;")
    assert "python3-venv" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (checkout / ".venv").exists()


def test_bad_usage_is_said_before_anything_is_installed(checkout: Path) -> None:
    done = _manage(checkout, "up", "--port=many")
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("absent", ["venv", "ensurepip"])
def test_a_python_without_venv_or_pip_names_the_package(
    monkeypatch: pytest.MonkeyPatch, venv: Path, absent: str
) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == absent else there(name))
    with pytest.raises(
        bootstrap.BootstrapError, match=f"lacks {absent}; on Debian: apt install python3-venv"
    ) as caught:
        bootstrap._make(bootstrap.RUN)
    assert caught.value.code == 2
    assert venv.exists()


def test_with_an_ffmpeg_of_the_system_the_wheel_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bootstrap._lock_to_run() == "requirements-ffmpeg.lock"
    (tmp_path / "ffmpeg").touch(mode=0o755)
    assert bootstrap._lock_to_run() == "requirements.lock"


def test_what_is_installed_counts_until_its_lock_file_changes(venv: Path) -> None:
    assert not bootstrap._is_installed(bootstrap.RUN)
    shutil.copy(venv / bootstrap.FFMPEG, venv / "installed" / bootstrap.FFMPEG)
    assert bootstrap._is_installed(bootstrap.FFMPEG)
    assert bootstrap._is_installed(bootstrap.RUN), "it is held by the larger one"
    assert not bootstrap._is_installed(bootstrap.TEST)
    (venv / bootstrap.FFMPEG).write_text("something==2\n")
    assert not bootstrap._is_installed(bootstrap.FFMPEG)


def test_an_interrupted_install_counts_for_nothing(venv: Path) -> None:
    shutil.copy(venv / bootstrap.TEST, venv / "installed" / bootstrap.TEST)
    (venv / "installed" / "unfinished").touch()
    assert not bootstrap._is_installed(bootstrap.TEST)
    assert not bootstrap._can_install(), "it is made anew"


def test_an_environment_of_another_python_is_noticed(venv: Path) -> None:
    (venv / "installed" / "python").write_text("3.9")
    assert not bootstrap._is_for_this_python()
    (venv / "installed" / "python").write_text("{}.{}".format(*sys.version_info[:2]))
    assert bootstrap._is_for_this_python()


@pytest.mark.parametrize(("version", "usable"), [("5, 2, 8", True), ("6, 1, 0", True), ("4, 2, 1", False)])
def test_only_a_django_of_ours_will_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, usable: bool
) -> None:
    for name in bootstrap.RUN_MODULES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f'VERSION = ({version}, "final", 0)\n')
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "modules", {name: sys.modules[name] for name in ("sys", "builtins", "re")})
    assert bootstrap._has_modules(for_tests=False) is usable


@pytest.mark.system
def test_a_new_checkout_gets_its_environment_and_goes_on_inside_it(checkout: Path) -> None:
    done = _manage(checkout, "up", "--port=0")
    # The empty locks hold no Django, which inside the new environment is noticed, once.
    assert f"{checkout / '.venv'} is broken; remove the folder and start again." in done.stderr
    assert done.returncode == 1
    assert "Making .venv with Python" in done.stderr
    assert (checkout / ".venv" / "installed" / "requirements-test.lock").exists() is False
    assert {path.name for path in (checkout / ".venv" / "installed").iterdir()} == {
        "python",
        bootstrap._lock_to_run(),
    }
    assert done.stdout == ""
