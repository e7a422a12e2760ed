"""Pages and actions: guard, form, one domain call, answer."""

from __future__ import annotations
