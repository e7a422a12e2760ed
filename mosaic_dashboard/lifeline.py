"""Standard library only: a child of `up` never outlives it.

The parent keeps the writing end of a pipe and tells its children the reading end. However the parent ends, the system
closes its end, and the read below returns.
"""

from __future__ import annotations

import os
import signal
import threading

VARIABLE = "MOSAIC_LIFELINE"


def hold() -> None:
    """End this process and its group as soon as the parent is gone; without a parent do nothing."""
    text = os.environ.pop(VARIABLE, "")
    if not text:
        return
    end = int(text)
    os.set_inheritable(end, False)
    threading.Thread(target=_watch, args=(end,), name="lifeline", daemon=True).start()


def _watch(end: int) -> None:
    os.read(end, 1)
    # The parent was killed and cannot tidy up: everything here is made to survive being killed at any moment.
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
