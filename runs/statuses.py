"""Run and node statuses: one table each; whatever else wants to know something about a status asks here.

A value the table does not know is shown as it came, with a neutral tone, and is never an error.
Source of the remote values: Mosaic's "Get Agent Run" and "Get Agent Run Nodes" pages.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Status:
    """What a status means to people and to the sync.

    ``tone`` is one of ``neutral``, ``active``, ``good``, ``warn``, ``bad``; ``icon`` is a Lucide name.
    """

    value: str
    label: str
    tone: str
    icon: str
    is_terminal: bool = False
    is_resumable: bool = False
    is_remote: bool = True


# Ours: a start that has not been answered, was lost, or was refused.
STARTING = "starting"
UNCONFIRMED = "unconfirmed"
REFUSED = "refused"
NOT_SENT = "not_sent"
# Theirs.
RUNNING = "running"
COMPLETED = "completed"
PARTIAL_COMPLETE = "partial_complete"
FAILED = "failed"
CANCELLED = "cancelled"
NOT_STARTED = "not_started"
QUEUED = "queued"
BLOCKED = "blocked"

RUN_STATUSES: dict[str, Status] = {
    status.value: status
    for status in (
        Status(STARTING, "Starting", "active", "loader", is_remote=False),
        Status(UNCONFIRMED, "Unconfirmed", "warn", "circle-question-mark", is_remote=False),
        Status(REFUSED, "Refused", "bad", "ban", is_terminal=True, is_remote=False),
        Status(NOT_SENT, "Not sent", "bad", "unplug", is_terminal=True, is_remote=False),
        Status(RUNNING, "Running", "active", "loader"),
        Status(COMPLETED, "Completed", "good", "circle-check", is_terminal=True),
        Status(PARTIAL_COMPLETE, "Partly complete", "warn", "circle-dot", is_terminal=True),
        Status(FAILED, "Failed", "bad", "circle-x", is_terminal=True, is_resumable=True),
        Status(CANCELLED, "Cancelled", "neutral", "circle-slash", is_terminal=True, is_resumable=True),
    )
}
NODE_STATUSES: dict[str, Status] = {
    status.value: status
    for status in (
        Status(NOT_STARTED, "Not started", "neutral", "circle-dashed", is_resumable=True),
        Status(QUEUED, "Queued", "neutral", "clock"),
        Status(RUNNING, "Running", "active", "loader"),
        Status(COMPLETED, "Completed", "good", "circle-check", is_terminal=True),
        Status(PARTIAL_COMPLETE, "Partly complete", "warn", "circle-dot", is_terminal=True),
        Status(FAILED, "Failed", "bad", "circle-x", is_terminal=True, is_resumable=True),
        Status(BLOCKED, "Blocked", "warn", "octagon-pause", is_terminal=True, is_resumable=True),
        Status(CANCELLED, "Cancelled", "neutral", "circle-slash", is_terminal=True, is_resumable=True),
    )
}

ACTIVE_RUN_STATUSES = tuple(value for value, status in RUN_STATUSES.items() if not status.is_terminal)
RESUMABLE_RUN_STATUSES = tuple(value for value, status in RUN_STATUSES.items() if status.is_resumable)
RESUMABLE_NODE_STATUSES = tuple(value for value, status in NODE_STATUSES.items() if status.is_resumable)


def run_status(value: str) -> Status:
    """The table's entry, or a neutral one that shows the value as it came; unknown values keep being asked about."""
    return RUN_STATUSES.get(value) or _unknown(value)


def node_status(value: str) -> Status:
    """As :func:`run_status`, for nodes."""
    return NODE_STATUSES.get(value) or _unknown(value)


def _unknown(value: str) -> Status:
    return Status(value, value.replace("_", " ").capitalize() or "Unknown", "neutral", "circle-question-mark")
