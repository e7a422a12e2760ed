"""The life of a run: clones of the template, starting, settling, cancelling, resuming, and what it costs."""

from __future__ import annotations
