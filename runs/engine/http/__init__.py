"""The door: requests in, checks, answers, signed media, and the switches that make them go wrong."""

from __future__ import annotations
