"""What is there from the first start: sample agents and a sample clip."""

from __future__ import annotations
