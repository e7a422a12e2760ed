"""Verbs that change the remote and us; each is asked for by a person and leaves an audit row.

Three beats: claim the row by one conditional update, call the remote outside any transaction, settle.
"""

from __future__ import annotations

from runs.actions.audit import ActionNotAllowed
from runs.actions.billing import glance_at_billing, refresh_billing, upgrade_plan
from runs.actions.connections import save_connection, test_connection
from runs.actions.runs import cancel_run, dismiss_run, resume_run
from runs.actions.starts import abandon_start, choose_candidate, start_run

__all__ = [
    "ActionNotAllowed",
    "abandon_start",
    "cancel_run",
    "choose_candidate",
    "dismiss_run",
    "glance_at_billing",
    "refresh_billing",
    "resume_run",
    "save_connection",
    "start_run",
    "test_connection",
    "upgrade_plan",
]
