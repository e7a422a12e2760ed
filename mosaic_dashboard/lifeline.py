"""Standard library only: a child of `up` never outlives it, and may wait for its word.

The parent keeps the writing ends of two pipes and tells its children the reading ends. However the parent ends, the
system closes its end, and the read below returns.
"""

from __future__ import annotations

import os
import signal
import threading

VARIABLE = "MOSAIC_LIFELINE"
GATE = "MOSAIC_GATE"


def hold() -> None:
    """End this process and its group as soon as the parent is gone; without a parent do nothing."""
    text = os.environ.pop(VARIABLE, "")
    if not text:
        return
    end = int(text)
    os.set_inheritable(end, False)
    threading.Thread(target=_watch, args=(end,), name="lifeline", daemon=True).start()


def wait_until_prepared() -> None:
    """Return when the parent has opened the gate; at once without one, as the web process is.

    The worker loads its code beside the web process, which prepares the database meanwhile.
    """
    text = os.environ.pop(GATE, "")
    if text:
        os.read(int(text), 1)
        os.close(int(text))


def _watch(end: int) -> None:
    os.read(end, 1)
    # The parent was killed and cannot tidy up: everything here is made to survive being killed at any moment.
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
