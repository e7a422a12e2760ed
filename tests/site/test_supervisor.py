"""The parent's rules for children that die, with children of a line or two."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from mosaic_dashboard import supervisor
from mosaic_dashboard.supervisor import Child, Supervisor
from tests.site.processes import eventually, is_alive

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.system

SLEEPS = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "open(sys.argv[1], 'w').write('deaf'); time.sleep(60)"
)
PARENT = (
    "import subprocess, sys, time;"
    "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "open(sys.argv[1], 'w').write(str(inner.pid)); time.sleep(60)"
)


def _child(code: str, *words: str) -> Child:
    return Child("child", [sys.executable, "-c", code, *words])


def _pid(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


def test_a_killed_child_is_started_again_at_once_every_time() -> None:
    with Supervisor(dict(os.environ)) as parent:
        child = _child(SLEEPS)
        parent.start(child)
        for _round in range(4):
            former = _pid(child)
            os.kill(former, signal.SIGKILL)
            deadline = time.monotonic() + 2.0
            while child.process is None or child.process.pid == former:
                parent.wait(timeout=max(0.0, deadline - time.monotonic()))
                assert time.monotonic() < deadline
            assert child.delay <= supervisor.KILLED_DELAY


def test_a_child_that_keeps_failing_is_started_ever_more_slowly() -> None:
    child = _child("raise SystemExit(3)")
    parent = Supervisor(dict(os.environ))
    waits = []
    for _round in range(12):
        child.started_at = time.monotonic()
        parent._plan_restart(child, 3)
        waits.append(child.start_at - child.started_at)
    assert waits[0] == pytest.approx(supervisor.FIRST_DELAY, abs=0.01)
    assert all(later >= earlier - 0.01 for earlier, later in itertools.pairwise(waits))
    assert waits[-1] == pytest.approx(supervisor.LONGEST_DELAY, abs=0.01)
    child.started_at = time.monotonic() - supervisor.STEADY - 1
    parent._plan_restart(child, 3)
    assert child.start_at - time.monotonic() <= supervisor.FIRST_DELAY, "after a steady while all is forgiven"


def test_the_return_code_is_reported() -> None:
    with Supervisor(dict(os.environ)) as parent:
        child = _child("raise SystemExit(7)")
        parent.start(child)
        ended: list[tuple[Child, int]] = []
        while not ended:
            ended = parent.wait(timeout=5)
        assert ended == [(child, 7)]


def test_a_child_that_will_not_end_is_made_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(supervisor, "GRACE", 0.2)
    with Supervisor(dict(os.environ)) as parent:
        child = _child(STUBBORN, str(tmp_path / "deaf"))
        parent.start(child)
        process_id = _pid(child)
        assert eventually((tmp_path / "deaf").exists, 10)
    assert not is_alive(process_id)


def test_what_a_child_started_goes_with_it(tmp_path: Path) -> None:
    note = tmp_path / "inner"
    with Supervisor(dict(os.environ)) as parent:
        parent.start(_child(PARENT, str(note)))
        assert eventually(lambda: note.exists() and note.read_text() != "", 10)
    assert eventually(lambda: not is_alive(int(note.read_text())), 2)


def test_a_signal_ends_the_wait_and_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Supervisor(dict(os.environ)) as parent:
        os.kill(os.getpid(), signal.SIGTERM)
        parent.wait(timeout=5)
        assert parent.stopping
    assert signal.getsignal(signal.SIGTERM) is before
