"""The house rules, held by reading the syntax trees: who may import whom, and how large things may grow."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Room → the rooms of `runs` it may import from. A room may always import from itself.
MAY_IMPORT: dict[str, set[str]] = {
    "statuses": set(),
    "graph": set(),
    "params": set(),
    "payload": {"graph", "params"},
    "client": set(),
    "engine": {"fetch"},
    "fetch": set(),
    "models": {"statuses", "graph"},
    "access": {"models"},
    "gateway": {"client", "engine", "models"},
    "outputs": {"models", "statuses", "fetch", "client"},
    "actions": {"models", "statuses", "payload", "client", "outputs", "access"},
    "sync": {"models", "statuses", "client", "outputs", "graph"},
    "layout": {"graph", "models"},
    "jobs": {"sync", "actions", "outputs", "layout", "gateway", "models", "graph", "engine"},
    "forms": {"models", "statuses", "params", "graph", "payload"},
    "views": {
        "actions",
        "access",
        "forms",
        "gateway",
        "graph",
        "payload",
        "models",
        "statuses",
        "outputs",
        "params",
        "fetch",
        "jobs",
        "views",
    },
    "admin": {"models", "actions", "gateway", "statuses", "access"},
    "templatetags": {"statuses"},
    "management": {"sync", "jobs", "gateway", "engine", "models", "access", "layout", "graph"},
    "urls": {"views"},
    "apps": set(),
    "checks": {"models"},
}
# The one module that may know a further room.
ALSO: dict[str, set[str]] = {"runs/views/errors.py": {"client"}, "runs/admin/runs.py": {"client", "payload"}}
# Rooms that may not import these packages at all.
FOREIGN: dict[str, set[str]] = {
    "graph": {"django"},
    "payload": {"django"},
    "client": {"django"},
    "statuses": {"django"},
    "params": {"django"},
    "fetch": {"django"},
    "views": {"requests", "huey", "pygraphviz"},
    "admin": {"requests", "huey"},
    "actions": {"requests", "huey"},
    "models": {"requests", "huey"},
    "engine": {"huey", "pygraphviz"},
    "sync": {"huey", "requests"},
}
STANDARD_LIBRARY_ONLY = (
    "manage.py",
    *(f"mosaic_dashboard/{name}.py" for name in ("bootstrap", "dotenv", "lifeline", "supervisor", "up")),
)

SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("mosaic_dashboard", "runs")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)
TEMPLATES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "static").rglob("*.js"))


def _tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), filename=name)


def _room(name: str) -> str:
    return Path(name).parts[1].removesuffix(".py")


def _runtime_imports(tree: ast.Module) -> list[str]:
    """Dotted names imported at run time; what stands under ``if TYPE_CHECKING`` is for types only."""
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@pytest.mark.parametrize("name", [name for name in SOURCES if name.startswith("runs/")])
def test_imports_follow_the_table(name: str) -> None:
    room = _room(name)
    if name == "runs/__init__.py":
        return
    allowed = MAY_IMPORT[room] | ALSO.get(name, set()) | {room}
    for imported in _runtime_imports(_tree(name)):
        parts = imported.split(".")
        if parts[0] == "runs" and len(parts) > 1:
            assert parts[1] in allowed, f"{name} imports {imported}"
        assert parts[0] not in FOREIGN.get(room, set()), f"{name} imports {imported}"


@pytest.mark.parametrize("name", SOURCES)
def test_no_import_hides_in_a_function_and_none_is_a_star(name: str) -> None:
    for node in ast.walk(_tree(name)):
        if isinstance(node, ast.ImportFrom):
            assert all(alias.name != "*" for alias in node.names), f"{name}: star import"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [child for child in ast.walk(node) if isinstance(child, ast.Import | ast.ImportFrom)]
            assert not inner, f"{name}: {node.name} imports inside"


@pytest.mark.parametrize("name", STANDARD_LIBRARY_ONLY)
def test_what_runs_before_the_install_needs_the_standard_library_alone(name: str) -> None:
    for imported in _runtime_imports(_tree(name)):
        top = imported.split(".")[0]
        assert top == "mosaic_dashboard" or top in __import__("sys").stdlib_module_names, f"{name} imports {imported}"


@pytest.mark.parametrize("name", SOURCES)
def test_modules_and_functions_stay_small(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 400, name
    longest = 30 if name.startswith("runs/views/") else 50
    for node in ast.walk(_tree(name)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= longest, f"{name}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=str)
def test_test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_stay_small_and_carry_no_inline_script_or_style(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120, name
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|hx-on|javascript:", text), f"{name} has inline code"
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in tag, f"{name} has an inline script"


@pytest.mark.parametrize("name", [name for name in TEMPLATES if Path(name).name.startswith("_")])
def test_a_partial_never_extends_and_is_used(name: str) -> None:
    assert "{% extends" not in (ROOT / name).read_text(encoding="utf-8")
    short = name.removeprefix("templates/")
    users = [other for other in TEMPLATES if other != name and short in (ROOT / other).read_text(encoding="utf-8")]
    users += [other for other in SOURCES if short in (ROOT / other).read_text(encoding="utf-8")]
    assert users, f"{name} is included nowhere"


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_stay_small_and_need_no_eval(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150, name
    assert not re.search(r"\beval\(|new Function\(|innerHTML", text), name


def test_the_top_level_holds_no_other_code_folder() -> None:
    known = {"mosaic_dashboard", "runs", "templates", "static", "tests", "docs"}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert folders - known - {"var"} == set()


def test_no_module_is_called_a_drawer() -> None:
    drawers = {"utils.py", "helpers.py", "services.py", "constants.py", "signals.py", "misc.py"}
    assert not [name for name in SOURCES if Path(name).name in drawers]
