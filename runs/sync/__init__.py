"""Time passed: reconcile one due row with the remote. With the actions, the only writers of run state.

Each function claims its row by one conditional update, asks the remote outside any transaction, and settles in one
transaction that is conditional on the claim: whoever lost the claim writes nothing.
"""

from __future__ import annotations

from runs.sync.agents import reconcile_agent
from runs.sync.connections import reconcile_connection
from runs.sync.polling import reconcile_run

__all__ = ["reconcile_agent", "reconcile_connection", "reconcile_run"]
