"""`manage.py up` as a person meets it: what it says, how it ends, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.site.processes import ROOT, Up, environment, eventually, is_alive, manage

pytestmark = pytest.mark.system


def _page(address: str, host: str = "") -> tuple[int, str]:
    request = urllib.request.Request(address, headers={"Host": host} if host else {})  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return answer.status, answer.read().decode()


def test_the_first_start_makes_everything_and_says_who_may_log_in(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "var"
    with Up(folder) as up:
        up.ready()
        assert [line.partition(":")[0] for line in up.lines] == ["Administrator", "Password", "Ready"]
        assert up.lines[0] == "Administrator: admin"
        password = up.lines[1].removeprefix("Password: ")
        assert len(password) >= 16
        status, login_page = _page(f"{up.address}/login/")
        assert (status, "<form" in login_page) == (200, True)
        style = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', login_page)
        assert style is not None, "static files carry a hash in their names"
        assert _page(up.address + style[1])[0] == 200
        assert eventually(lambda: _page(f"{up.address}/readyz")[1].count('"ok"') >= 3, 10)
        assert json.loads(_page(f"{up.address}/healthz")[1]) == {"status": "ok"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder / "keys").iterdir()} == {
        "secret_key": 0o600,
        "field_key": 0o600,
        "engine_key": 0o600,
    }
    assert stat.S_IMODE((folder / "db.sqlite3").stat().st_mode) == 0o600
    assert password not in up.log.read_text(encoding="utf-8")
    assert not (folder / "backups").exists(), "there was nothing to copy yet"


def _crowding() -> float:
    """How many times longer than on an idle machine things take just now: seconds passed for a second of work."""
    passed, worked = time.monotonic(), time.process_time()
    while time.process_time() - worked < 0.1:
        pass
    return max(1.0, (time.monotonic() - passed) / (time.process_time() - worked))


def test_the_second_start_is_quick_and_tells_no_password(folder: Path) -> None:
    before = _crowding()
    with Up(folder) as up:
        up.ready()
        assert up.ready_after < 3.0 * max(before, _crowding())
        assert len(up.lines) == 1
        assert re.fullmatch(r"Ready: http://127\.0\.0\.1:\d+/", up.lines[0])


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_killed_process_is_back_within_two_seconds(running: Up, command: str) -> None:
    for _round in range(3):
        former = running.kill(command)
        assert running.comes_back(command, former)
    # The parent holds the socket: the request waits for the process that is starting.
    assert _page(f"{running.address}/healthz")[0] == 200


def test_a_data_folder_in_use_is_4(running: Up) -> None:
    done = manage("up", "--port=0", folder=running.folder)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == f"The data folder {running.folder} is in use by another `manage.py up`.\n"
    assert _page(f"{running.address}/healthz")[0] == 200, "the first is not disturbed"


def test_idle_it_stays_small(running: Up) -> None:
    """Proportional set size of all processes, in megabytes."""
    pages = [Path(f"/proc/{number}/smaps_rollup") for number in (running.process.pid, *running.children())]
    assert len(pages) == 3
    sizes = [re.findall(r"^Pss:\s+(\d+)", page.read_text(), re.M) for page in pages]
    assert sum(int(size) for (size,) in sizes) / 1024 <= 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_everything_within_three_seconds(folder: Path, number: signal.Signals) -> None:
    with Up(folder) as up:
        up.ready()
        children = up.children()
        assert len(children) == 2
        asked_at = time.monotonic()
        up.process.send_signal(number)
        assert up.process.wait(10) == 0
        assert time.monotonic() - asked_at < 3.0
        assert not [child for child in children if is_alive(child)]


def test_nothing_outlives_a_killed_parent(folder: Path) -> None:
    with Up(folder) as up:
        up.ready()
        children = up.children()
        up.process.kill()
        assert eventually(lambda: not any(is_alive(child) for child in children), 3.0)
    with Up(folder) as again:
        again.ready()  # and the folder is free again


@pytest.mark.parametrize("words", [["--port=many"], ["--port=70000"], ["--colour=blue"], ["--host=203.0.113.9"]])
def test_bad_usage_is_2(tmp_path: Path, words: list[str]) -> None:
    done = manage("up", *words, folder=tmp_path / "var")
    assert (done.returncode, done.stdout) == (2, "")
    assert words[0].split("=")[0] in done.stderr


def test_a_port_in_use_is_3(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = manage("up", f"--port={port}", folder=folder)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"Port {port} on 127.0.0.1 is in use; choose another with --port.\n"


def test_a_setting_that_cannot_be_understood_is_one_sentence(folder: Path) -> None:
    done = manage("up", "--port=0", folder=folder, MOSAIC_ENGINE="perhaps")
    assert done.returncode == 2
    assert done.stderr == "MOSAIC_ENGINE must be on or off, not 'perhaps'.\n"


def test_beyond_loopback_pages_answer_under_the_public_address_and_plain_http_is_warned_about(folder: Path) -> None:
    with Up(folder, "--host=0.0.0.0", MOSAIC_PUBLIC_URL="http://studio.lan:8000") as up:
        up.ready()
        port = up.address.rpartition(":")[2]
        assert up.address == f"http://0.0.0.0:{port}"
        assert _page(f"http://127.0.0.1:{port}/login/", host="studio.lan:8000")[0] == 200
        with pytest.raises(urllib.error.HTTPError, match="400"):
            _page(f"http://127.0.0.1:{port}/login/", host="evil.example")
    assert "plain HTTP (http://studio.lan:8000)" in up.log.read_text(encoding="utf-8")


def test_behind_an_https_proxy_the_pages_believe_it(folder: Path) -> None:
    with Up(folder, MOSAIC_PUBLIC_URL="https://runs.example.org") as up:
        up.ready()
        headers = {"Host": "runs.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
        request = urllib.request.Request(f"{up.address}/login/", headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
            assert "Secure" in answer.headers["Set-Cookie"]
            assert answer.headers["Server"] is None


@pytest.mark.parametrize("gone", ["closed", "never there"])
def test_it_serves_on_when_nobody_reads_what_it_says(folder: Path, gone: str) -> None:
    """A shell that ended took the pipes with it, or there never were any."""
    port = _free_port()
    command = [sys.executable, str(ROOT / "manage.py"), "up", f"--port={port}"]
    if gone == "never there":
        command = ["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command]
    up = subprocess.Popen(command, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert up.stdout is not None
    assert up.stderr is not None
    try:
        if gone == "closed":
            assert up.stdout.readline().startswith(b"Ready: ")
        up.stdout.close()
        up.stderr.close()
        assert eventually(lambda: _answers(port))
        for word in (b"worker", b"serve"):
            (child,) = [one for one in _children(up.pid) if word in _words(one)]
            os.kill(child, signal.SIGKILL)
            assert eventually(lambda word=word: any(word in _words(one) for one in _children(up.pid)), 5)  # type: ignore[misc]
        assert eventually(lambda: _answers(port))
        up.terminate()
        assert up.wait(10) == 0
    finally:
        up.kill()
        up.wait()


def test_under_nohup_a_hang_up_ends_nothing(folder: Path) -> None:
    port = _free_port()
    ignoring = ["/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh", sys.executable, str(ROOT / "manage.py"), "up"]
    up = subprocess.Popen([*ignoring, f"--port={port}"], env=environment(folder), stdout=subprocess.PIPE)
    assert up.stdout is not None
    try:
        assert up.stdout.readline().startswith(b"Ready: ")
        for process_id in (up.pid, *_children(up.pid)):
            os.kill(process_id, signal.SIGHUP)
        time.sleep(0.3)
        assert up.poll() is None
        assert len(_children(up.pid)) == 2
        assert _answers(port)
        up.terminate()
        assert up.wait(10) == 0
    finally:
        up.kill()
        up.wait()
        up.stdout.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        return _page(f"http://127.0.0.1:{port}/healthz")[0] == 200
    except OSError:
        return False


def _children(process_id: int) -> list[int]:
    text = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="utf-8")
    return [int(word) for word in text.split() if is_alive(int(word))]


def _words(process_id: int) -> list[bytes]:
    return Path(f"/proc/{process_id}/cmdline").read_bytes().split(b"\0")
