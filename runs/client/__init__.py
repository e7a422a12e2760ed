"""The Mosaic API over HTTP; knows nothing of Django."""

from __future__ import annotations
