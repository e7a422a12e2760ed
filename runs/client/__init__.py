"""HTTP and the API, and nothing of Django: requests in, typed values or typed errors out."""

from __future__ import annotations
