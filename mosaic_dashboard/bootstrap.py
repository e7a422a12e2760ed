"""Standard library only: make `.venv` from the locked requirements when Django is missing, and go on inside it.

Inside an environment that has what is needed, whoever made it, nothing happens.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# What is installed in `.venv`: copies of the lock files, and the Python they were installed for.
INSTALLED = VENV / "installed"
UNFINISHED = INSTALLED / "unfinished"
# Set for the process that starts again after an install, so that it never does so twice.
STARTED_AGAIN = "MOSAIC_STARTED_AGAIN"

RUN, FFMPEG, TEST = "requirements.lock", "requirements-ffmpeg.lock", "requirements-test.lock"
# Each lock file, and those that hold all of it.
HELD_BY = {RUN: (RUN, FFMPEG, TEST), FFMPEG: (FFMPEG, TEST), TEST: (TEST,)}

# Enough to tell our set from a Django that the system happens to have.
RUN_MODULES = ("django", "django_htmx", "huey", "waitress", "whitenoise", "csp", "pygraphviz", "lucide")
TEST_MODULES = (*RUN_MODULES, "pytest", "pytest_django", "playwright", "hypothesis")
DJANGO_FROM, DJANGO_BELOW = (5, 2), (7, 0)

# What pip says of a package that it fetches, has at hand as a file, or finds in place; and of a long download.
PACKAGE = re.compile(
    r"(?:Collecting |Requirement already satisfied: |Processing \S*/)"
    r"(?P<name>[\w.-]+?)(?:==|-(?=\d))(?P<version>[\d.]+)"
)
SIZE = re.compile(r"\s+Downloading \S+ \((\d+\.\d MB)\)")

NEEDS_VENV = (
    "Python's venv and pip are needed to install what Mosaic Dashboard is made of, and this Python lacks {}; "
    "on Debian: apt install python3-venv"
)


class BootstrapError(Exception):
    """The environment cannot be made; the text is one sentence, ``code`` the exit code."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


def ensure(argv: list[str]) -> None:
    """Return inside an environment that has what ``argv`` needs; else make one and start again in it."""
    for_tests = argv[1:2] == ["test"]
    lock = TEST if for_tests else _lock_to_run()
    complete = _has_modules(for_tests=for_tests)
    again = os.environ.pop(STARTED_AGAIN, "")
    inside = Path(sys.prefix).resolve() == VENV.resolve()
    if complete and not inside:
        return
    if complete and (not INSTALLED.exists() or (_is_installed(lock) and _is_for_this_python())):
        return
    if again:
        raise BootstrapError(f"{VENV} is broken; remove the folder and start again.", 1)
    environment = dict(os.environ)
    if inside or not _is_installed(lock):
        _make(lock)
        environment[STARTED_AGAIN] = "1"
    os.execve(PYTHON, [str(PYTHON), *argv], environment)  # noqa: S606 - the same command in the environment


def run_tests(arguments: list[str]) -> NoReturn:
    """Become pytest with the given arguments; without any, run the whole suite in its two parts.

    What computes shares the processors; what drives a browser, or measures a running dashboard, has them to itself.
    """
    os.chdir(ROOT)
    pytest = [sys.executable, "-m", "pytest"]
    if not arguments:
        alone = "browser or system"
        first = subprocess.run(
            [*pytest, "-n", str(os.cpu_count() or 1), "-m", f"not ({alone})"], check=False
        ).returncode
        arguments = ["-m", alone]
        if first:
            sys.exit(subprocess.run([*pytest, *arguments], check=False).returncode or first)
    os.execv(sys.executable, [*pytest, *arguments])  # noqa: S606 - no shell is wanted


def _has_modules(*, for_tests: bool) -> bool:
    if any(importlib.util.find_spec(name) is None for name in (TEST_MODULES if for_tests else RUN_MODULES)):
        return False
    django = importlib.util.find_spec("django")
    text = Path(django.origin).read_text(encoding="utf-8") if django and django.origin else ""
    version = re.search(r"^VERSION = \((\d+), (\d+),", text, re.M)
    return version is not None and DJANGO_FROM <= (int(version[1]), int(version[2])) < DJANGO_BELOW


def _lock_to_run() -> str:
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return RUN if any(os.access(Path(folder) / "ffmpeg", os.X_OK) for folder in folders if folder) else FFMPEG


def _is_installed(lock: str) -> bool:
    if UNFINISHED.exists() or not PYTHON.exists():
        return False
    copies = [name for name in HELD_BY[lock] if (INSTALLED / name).is_file()]
    return any((INSTALLED / name).read_bytes() == (ROOT / name).read_bytes() for name in copies)


def _python_version() -> str:
    return "{}.{}".format(*sys.version_info[:2])


def _is_for_this_python() -> bool:
    # After an upgrade of the system, `.venv/bin/python` may be a newer Python that does not see what was installed.
    noted = INSTALLED / "python"
    return noted.is_file() and noted.read_text(encoding="utf-8") == _python_version()


@contextmanager
def _alone() -> Iterator[None]:
    """Two starts at once: one installs, the other waits. The lock is on the folder, so nothing is left behind."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _make(lock: str) -> None:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise BootstrapError(NEEDS_VENV.format(" and ".join(missing)), 2)
    inside = Path(sys.prefix).resolve() == VENV.resolve()
    try:
        with _alone():
            # Whoever waited here finds the work done.
            if inside or not _is_installed(lock):
                _make_alone(lock)
    except KeyboardInterrupt:
        raise BootstrapError("Interrupted; the next start takes care of the rest.", 130) from None


def _make_alone(lock: str) -> None:
    if not _can_install():
        _say(f"Making {VENV.name} with Python {sys.version.split()[0]} …")
        # The base interpreter: this one may be that of a broken `.venv`.
        base = getattr(sys, "_base_executable", "") or sys.executable
        made = subprocess.run([base, "-m", "venv", "--clear", str(VENV)], check=False, stdout=sys.stderr)
        if made.returncode != 0:
            raise BootstrapError(NEEDS_VENV.format("a part of them"), 2)
    INSTALLED.mkdir(exist_ok=True)
    UNFINISHED.touch()
    _install(lock)
    (INSTALLED / lock).write_bytes((ROOT / lock).read_bytes())
    (INSTALLED / "python").write_text(_python_version(), encoding="utf-8")
    UNFINISHED.unlink()


def _can_install() -> bool:
    """Is there a `.venv` of this Python that pip can install into? One whose install was interrupted is not trusted."""
    if UNFINISHED.exists() or not PYTHON.exists():
        return False
    question = "import sys; print('{}.{}'.format(*sys.version_info[:2]))"
    answer = subprocess.run([PYTHON, "-c", question], capture_output=True, text=True, check=False)
    if answer.stdout.strip() != _python_version():
        return False
    # An environment that `uv` made has no pip.
    return any(
        subprocess.run([PYTHON, "-m", *words], capture_output=True, check=False).returncode == 0
        for words in (["pip", "--version"], ["ensurepip"])
    )


def _install(lock: str) -> None:
    """Run pip, and show one line for each package."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    total = len([line for line in re.findall(r"^[a-z].*", text, re.M) if "win32" not in line])
    _say(f"Installing {total} packages, each checked against the hashes in {lock} …")
    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input", "--prefer-binary"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "-r", lock]
    environment = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    output: list[str] = []
    number = 0
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as pip:
        for line in pip.stdout or ():
            output.append(line.rstrip())
            found, size = PACKAGE.match(line), SIZE.match(line)
            if found:
                number += 1
                _say(f"[{number:>2}/{total}] {found['name']} {found['version']}")
            elif size:
                _say(f"        downloading {size[1]} …")
            elif line.startswith("Installing collected"):
                _say("Unpacking …")
    if pip.returncode != 0:
        _say("\n".join(output[-12:]))
        raise BootstrapError("pip could not install the locked packages; its own words are above.", 1)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
