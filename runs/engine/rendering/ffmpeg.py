"""FFmpeg as a child process: argument lists only, bounded in time, threads and size, and never outliving its worker."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from runs.engine.nodes.base import Clip, NodeError
from runs.engine.rendering import facts

try:
    import imageio_ffmpeg
except ImportError:  # the system has an FFmpeg of its own, and the wheel was not installed
    imageio_ffmpeg = None

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO

logger = logging.getLogger(__name__)

# What one step made is measured when it is published, and read by each step after it.
MAX_REMEMBERED = 500
_read_before: dict[tuple[int, ...], facts.Facts] = {}

LAUNCHER = Path(__file__).with_name("launch.py")
# For one node's whole attempt.
STEP_SECONDS = 2 * 60 * 60
MAX_OUTPUT_BYTES = 20 * 1000**3
MAX_THREADS = 4
MAX_LINES = 50_000
# How often a running FFmpeg is asked whether it is still wanted.
WATCH_SECONDS = 0.1
# Somebody outside may end FFmpeg (the system for want of memory, a person with `kill`): that says nothing about the
# video, so within one attempt it is started again so many times, each after a longer pause.
MAX_RESTARTS = 3
RESTART_PAUSE_SECONDS = 0.3
# How FFmpeg dies of that; its own crashes have other signals, and it takes the polite ones as a wish to end early.
_ENDED_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)
_ENDED_EARLY = re.compile(r"^Exiting normally, received signal \d+\.", re.MULTILINE)


class Stopped(Exception):
    """The work is no longer wanted: somebody cancelled, or the lease went to another worker."""


@functools.cache
def executable() -> str:
    """The path of FFmpeg: the system's, else the wheel's; raises :class:`NodeError` when there is none."""
    found = shutil.which("ffmpeg")
    if found:
        return found
    if imageio_ffmpeg is not None:
        with contextlib.suppress(RuntimeError):
            return str(imageio_ffmpeg.get_ffmpeg_exe())
    raise NodeError("There is no FFmpeg on this machine; install it, or run `manage.py up` again.")


class Runner:
    """Runs FFmpeg for one attempt in ``folder``. ``stopped`` is asked ten times a second; its yes ends FFmpeg at once.

    ``seconds`` is the limit for everything this runner does together. ``progress`` is told the position in the result
    in seconds, about twice a second.
    """

    def __init__(
        self,
        folder: Path,
        *,
        stopped: Callable[[], bool] = lambda: False,
        seconds: float = STEP_SECONDS,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        self._folder = folder
        self._stopped = stopped
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._progress = progress
        self._position = 0.0
        self._restarts = 0

    def run(self, arguments: Sequence[str]) -> str:
        """Run to the end and return what FFmpeg wrote to stderr.

        Every input is read from files only and, unless its format is forced, as a real video container only. Raises
        :class:`NodeError` with FFmpeg's complaint, or :class:`Stopped`.
        """
        code, text = self._execute(_guarded(arguments))
        if code < 0:
            raise NodeError(f"FFmpeg crashed on this video (signal {-code}).")
        if code:
            raise NodeError(facts.sentence(text))
        return text

    def facts(self, path: Path) -> facts.Facts:
        """Everything that can be read about a file without decoding it."""
        facts.refuse_text(path)
        identity = _identity(path)
        found = _read_before.get(identity)
        if found is None:
            _, text = self._execute(_guarded(["-i", f"file:{path}"]))
            found = facts.read(text)
            if len(_read_before) >= MAX_REMEMBERED:
                _read_before.clear()
            _read_before[identity] = found
        return found

    def probe(self, path: Path) -> Clip:
        """Measure a file; raises :class:`NodeError` when it is no video that may be used."""
        found = self.facts(path)
        clip = found.clip(path)
        if found.duration_ms is not None:
            return clip
        # Recordings that were never closed name no duration: walk through the packets.
        self._position = 0.0
        self.run(["-i", f"file:{path}", "-map", "0:v:0", "-c", "copy", "-f", "null", "-"])
        return Clip(path, round(self._position * 1000), clip.width, clip.height, clip.has_audio)

    def _execute(self, arguments: Sequence[str]) -> tuple[int, str]:
        """The exit code (negative: the signal) and the complaints; started again where it was ended from outside."""
        while True:
            code, text = self._execute_once(arguments)
            if code not in _ENDED_FROM_OUTSIDE and not (code > 0 and _ENDED_EARLY.search(text)):
                return code, text
            self._restarts += 1
            if self._restarts > MAX_RESTARTS:
                raise NodeError("FFmpeg was ended from outside again and again, perhaps because memory ran out.")
            logger.warning("FFmpeg was ended from outside (%d); starting it again", code)
            pause_over = time.monotonic() + self._restarts * RESTART_PAUSE_SECONDS
            while time.monotonic() < pause_over:
                self._check()
                time.sleep(WATCH_SECONDS)

    def _execute_once(self, arguments: Sequence[str]) -> tuple[int, str]:
        self._check()
        threads = str(min(os.cpu_count() or 1, MAX_THREADS))
        command = [
            *(sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())),
            *(str(int(self._seconds) + 1), str(MAX_OUTPUT_BYTES)),
            *(executable(), "-hide_banner", "-nostdin", "-nostats", "-y", "-progress", "pipe:1"),
            *("-filter_threads", threads, "-filter_complex_threads", threads),
            *arguments,
        ]
        # PR_SET_PDEATHSIG follows the thread that starts the child, so this thread stays with it to its end.
        process = subprocess.Popen(
            command,
            cwd=self._folder,
            env={"LC_ALL": "C", "AV_LOG_FORCE_NOCOLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        with process:
            try:
                text = self._listen(process)
                while process.poll() is None:
                    self._check()
                    time.sleep(0.01)
            finally:
                if process.poll() is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, text

    def _listen(self, process: subprocess.Popen[bytes]) -> str:
        """Read both pipes until FFmpeg closes them, looking up often enough to end it in time."""
        lines: deque[str] = deque(maxlen=MAX_LINES)
        rests: dict[int, bytes] = {}
        with selectors.DefaultSelector() as selector:
            for pipe in (process.stdout, process.stderr):
                _register(selector, pipe)
            while selector.get_map():
                for key, _ in selector.select(WATCH_SECONDS):
                    piece = os.read(key.fd, 65536)
                    *whole, rests[key.fd] = (rests.get(key.fd, b"") + piece).split(b"\n")
                    if not piece:
                        selector.unregister(key.fileobj)
                        whole.append(rests[key.fd])
                    texts = [line.decode("utf-8", "replace") for line in whole]
                    if key.fileobj is process.stderr:
                        lines.extend(texts)
                    else:
                        self._note_progress(texts)
                self._check()
        return "\n".join(lines)

    def _note_progress(self, lines: Sequence[str]) -> None:
        for line in lines:
            name, _, value = line.partition("=")
            if name == "out_time_us" and value.lstrip("-").isdecimal():
                self._position = max(0, int(value)) / 1_000_000
                if self._progress:
                    self._progress(self._position)

    def _check(self) -> None:
        if self._stopped():
            raise Stopped
        if time.monotonic() > self._deadline:
            raise NodeError(f"This node took longer than the limit of {_span(self._seconds)}.")


def _identity(path: Path) -> tuple[int, ...]:
    """The same for a file that was only moved, another one as soon as it was written to."""
    stat = path.stat()
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


def _register(selector: selectors.BaseSelector, pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        selector.register(pipe, selectors.EVENT_READ)


def _guarded(arguments: Sequence[str]) -> list[str]:
    """``arguments`` with the white-lists before each ``-i``, and the number of threads for what is read and written."""
    threads = ["-threads", str(min(os.cpu_count() or 1, MAX_THREADS))]
    guarded: list[str] = []
    start = 0
    for index, argument in enumerate(arguments):
        if argument == "-i":
            options = list(arguments[start:index])
            guarded += [*options, "-protocol_whitelist", "file,pipe"]
            if "-f" not in options:
                guarded += [*threads, "-format_whitelist", facts.DEMUXERS]
            guarded += arguments[index : index + 2]
            start = index + 2
    return guarded + list(arguments[start:])


def _span(seconds: float) -> str:
    if seconds >= 7200:
        return f"{seconds / 3600:.0f} hours"
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:g} seconds"
