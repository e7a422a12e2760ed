"""HTTP and the API, and nothing of Django: requests in, typed values or typed errors out."""

from __future__ import annotations

from runs.client.client import MosaicClient
from runs.client.errors import MosaicError, MosaicProtocolError, MosaicRejected, MosaicUnavailable
from runs.client.exchange import FOR_JOBS, FOR_PEOPLE, Patience

__all__ = [
    "FOR_JOBS",
    "FOR_PEOPLE",
    "MosaicClient",
    "MosaicError",
    "MosaicProtocolError",
    "MosaicRejected",
    "MosaicUnavailable",
    "Patience",
]
