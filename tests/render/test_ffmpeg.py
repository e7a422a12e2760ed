"""FFmpeg as a child: bounded, obedient, and never outliving its worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runs.engine.nodes.base import NodeError
from runs.engine.rendering import ffmpeg
from runs.engine.rendering.ffmpeg import LAUNCHER, Runner, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent.parent
ENDLESS = ["-re", "-f", "lavfi", "-i", "testsrc2=s=32x32:r=25", "-f", "null", "-"]
WORKER = """
import sys
from pathlib import Path
from runs.engine.rendering.ffmpeg import Runner
Runner(Path(sys.argv[1])).run(sys.argv[2:])
"""


def _until(condition: Callable[[], object], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def _processes_in(folder: Path) -> list[int]:
    """Processes whose working folder this is."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if (entry / "cwd").readlink() == folder and b"ffmpeg" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends an orphan at once; elsewhere the alarm does")
def test_when_the_worker_is_killed_ffmpeg_dies_with_it(tmp_path: Path) -> None:
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path), *ENDLESS], cwd=ROOT)
    try:
        assert _until(lambda: _processes_in(tmp_path))
    finally:
        worker.kill()
        worker.wait()
    assert _until(lambda: not _processes_in(tmp_path), 1)


def test_a_child_whose_worker_died_before_it_began_does_not_begin(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    command = [sys.executable, "-I", "-S", str(LAUNCHER), "1", "5", "1000", "/usr/bin/touch", str(witness)]
    assert subprocess.run(command, check=False).returncode == 125
    assert not witness.exists()


def test_an_orphan_ends_by_its_alarm_where_the_system_does_not_end_it(tmp_path: Path) -> None:
    parent = str(os.getpid())
    command = [sys.executable, "-I", "-S", str(LAUNCHER), parent, "1", "1000", "/bin/sleep", "30"]
    assert subprocess.run(command, check=False, timeout=10).returncode == -signal.SIGALRM


def test_what_is_no_longer_wanted_ends_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(Stopped):
        Runner(tmp_path, stopped=lambda: time.monotonic() - began > 0.3).run(ENDLESS)
    assert time.monotonic() - began < 1.5
    assert _processes_in(tmp_path) == []


def test_the_time_limit_is_for_everything_together(tmp_path: Path) -> None:
    began = time.monotonic()
    runner = Runner(tmp_path, seconds=0.4)
    with pytest.raises(NodeError, match=r"longer than the limit of 0\.4 seconds"):
        runner.run(ENDLESS)
    assert time.monotonic() - began < 2
    with pytest.raises(NodeError, match="longer than the limit"):
        runner.run(["-version"])


def test_a_result_that_grows_too_large_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "MAX_OUTPUT_BYTES", 50_000)
    with pytest.raises(NodeError, match="larger than the limit"):
        Runner(tmp_path).run(
            ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-t", "20", "-f", "rawvideo", f"file:{tmp_path}/big.raw"]
        )
    assert (tmp_path / "big.raw").stat().st_size <= 50_000


def test_progress_is_told(tmp_path: Path) -> None:
    heard: list[float] = []
    Runner(tmp_path, progress=heard.append).run(["-f", "lavfi", "-i", "testsrc2=s=32x32:d=2", "-f", "null", "-"])
    assert heard[-1] == pytest.approx(2, abs=0.1)


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
    "hls over the network": "#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile 'other.mp4'\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period/></MPD>',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_playlist_renamed_mp4_is_refused(tmp_path: Path, tiny: Path, kind: str) -> None:
    (tmp_path / "other.mp4").write_bytes(tiny.read_bytes())
    path = tmp_path / "innocent.mp4"
    path.write_text(PLAYLISTS[kind])
    with pytest.raises(NodeError, match="perhaps a playlist"):
        Runner(tmp_path).probe(path)
    # FFmpeg itself would not follow it either, by whatever name: the white-lists stand before each input.
    for name in ("innocent.mp4", "innocent.m3u8", "innocent.mpd", "innocent.sdp", "innocent"):
        (tmp_path / name).write_text(PLAYLISTS[kind])
        with pytest.raises(NodeError):
            Runner(tmp_path).run(["-i", f"file:{tmp_path / name}", "-f", "null", "-"])


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", bytes(5000)])
def test_what_is_no_video_is_refused_without_naming_paths(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(NodeError) as caught:
        Runner(tmp_path).probe(path)
    assert str(tmp_path) not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_cut_off_file_is_said_to_be_incomplete(tmp_path: Path, tiny: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(tiny.read_bytes()[:-3000])
    with pytest.raises(NodeError, match="damaged or not complete"):
        Runner(tmp_path).probe(path)


def test_a_complaint_of_ffmpeg_becomes_one_sentence(tmp_path: Path, tiny: Path) -> None:
    with pytest.raises(NodeError) as caught:
        Runner(tmp_path).run(["-i", f"file:{tiny}", "-vf", "nosuchfilter", "-f", "null", "-"])
    assert str(caught.value).startswith("FFmpeg could not do the work of this node: ")
    assert str(tiny) not in str(caught.value)
    assert "0x" not in str(caught.value)


def test_ffmpeg_gets_nothing_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFREPORT", f"file={tmp_path}/report.log")
    Runner(tmp_path).run(["-version"])
    assert list(tmp_path.iterdir()) == []


def _kill_each(folder: Path, times: int, number: int, over: threading.Event) -> None:
    """End the next ``times`` FFmpeg processes of the folder from outside."""
    seen: set[int] = set()
    while len(seen) < times and not over.is_set():
        for process_id in set(_processes_in(folder)) - seen:
            # The launcher has become FFmpeg by now, or dies instead of it.
            with suppress(ProcessLookupError):
                os.kill(process_id, number)
                seen.add(process_id)
        time.sleep(0.005)


@pytest.mark.parametrize(("times", "number"), [(2, signal.SIGKILL), (1, signal.SIGTERM)])
def test_ffmpeg_that_was_ended_from_outside_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, number: int
) -> None:
    monkeypatch.setattr(ffmpeg, "RESTART_PAUSE_SECONDS", 0.01)
    over = threading.Event()
    killer = threading.Thread(target=_kill_each, args=(tmp_path, times, number, over))
    killer.start()
    out = tmp_path / "out.mp4"
    source = ["-re", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=0.6"]
    Runner(tmp_path).run([*source, "-c:v", "libx264", "-f", "mp4", f"file:{out}"])
    over.set()
    killer.join()
    assert Runner(tmp_path).probe(out).duration_ms == pytest.approx(600, abs=50)


def test_ffmpeg_that_is_ended_from_outside_for_ever_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg, "RESTART_PAUSE_SECONDS", 0.01)
    over = threading.Event()
    killer = threading.Thread(target=_kill_each, args=(tmp_path, 99, signal.SIGKILL, over))
    killer.start()
    with pytest.raises(NodeError, match="ended from outside again and again"):
        Runner(tmp_path).run(ENDLESS)
    over.set()
    killer.join()


def test_a_crash_and_a_complaint_of_its_own_are_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[int] = []
    answers = iter([(-signal.SIGSEGV, ""), (1, "x.mp4: Invalid data found when processing input")])

    def once(_self: Runner, _arguments: object) -> tuple[int, str]:
        attempts.append(1)
        return next(answers)

    monkeypatch.setattr(Runner, "_execute_once", once)
    for sentence in ("crashed on this video", "Invalid data|cannot be read|not a video"):
        with pytest.raises(NodeError, match=sentence):
            Runner(tmp_path).run(ENDLESS)
    assert len(attempts) == 2
