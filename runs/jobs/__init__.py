"""Background work, and the only room that knows Huey. Our rows are the truth; the queues only wake.

The web process asks for :func:`wake` and nothing else of this package, so that it loads none of the worker's parts.
"""

from __future__ import annotations

from runs.jobs.queues import MEDIA, SYNC, wake

__all__ = ["MEDIA", "SYNC", "wake"]
