"""Work on one node: leases, attempts in folders of their own, and FFmpeg tied to its worker."""

from __future__ import annotations
