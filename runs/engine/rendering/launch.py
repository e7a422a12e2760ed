"""Becomes FFmpeg, after tying its life to the worker's. Run as a program, by path; the standard library alone.

Arguments: the worker's process id, seconds after which an orphan ends by itself, the largest file in bytes, then the
command. On Linux the kernel kills FFmpeg the moment the worker's thread is gone, ``kill -9`` included. Elsewhere there
is no such promise: an orphan ends with its work or with the alarm, whichever comes first, and the sweep removes what
it wrote.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
# Pages and polls come first: rendering takes what they leave.
NICENESS = 5


def main(parent: int, seconds: int, max_bytes: int, command: list[str]) -> None:
    """Replace this process by ``command``; exits 125 when the worker died before we could be tied to it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(125)
    signal.alarm(seconds)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, max_bytes))
    os.nice(NICENESS)
    os.execv(command[0], command)  # noqa: S606 - an argument list, and no shell


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
