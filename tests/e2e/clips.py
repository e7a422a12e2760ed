"""Short clips of our own, and a server that hands them out."""

from __future__ import annotations

import functools
import http.server
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runs.engine.rendering import ffmpeg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def two_scenes(path: Path, seconds: int = 2) -> Path:
    """A small clip with one cut in its middle and a tone."""
    half = seconds / 2
    command = [ffmpeg.executable(), "-hide_banner", "-nostdin", "-y", "-loglevel", "error"]
    command += ["-f", "lavfi", "-i", f"color=c=navy:s=320x180:r=15:d={half}"]
    command += ["-f", "lavfi", "-i", f"testsrc2=s=320x180:r=15:d={half}"]
    command += ["-f", "lavfi", "-i", f"sine=f=330:d={seconds}"]
    command += ["-filter_complex", "[0:v][1:v]concat=n=2:v=1[v]", "-map", "[v]", "-map", "2:a"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def repeated(source: Path, path: Path, times: int) -> Path:
    """A long video at no cost: ``source`` again and again, nothing encoded."""
    command = [ffmpeg.executable(), "-hide_banner", "-nostdin", "-y", "-loglevel", "error"]
    command += ["-stream_loop", str(times - 1), "-i", str(source), "-c", "copy", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def decodes(path: Path) -> bool:
    """Can the whole file be decoded without one complaint?"""
    command = [ffmpeg.executable(), "-nostdin", "-v", "error", "-i", str(path), "-f", "null", "-"]
    done = subprocess.run(command, check=False, capture_output=True)
    return done.returncode == 0 and not done.stderr


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder over HTTP on a free loopback port; its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
