"""The record: what we know of connections, agents and runs."""

from __future__ import annotations

from runs.models.agent import Agent, AgentVersion, GraphLayout
from runs.models.connection import Connection
from runs.models.parts import Output, RunEvent, RunInput, RunNode
from runs.models.people import AuditEvent, LoginThrottle
from runs.models.run import Run

__all__ = [
    "Agent",
    "AgentVersion",
    "AuditEvent",
    "Connection",
    "GraphLayout",
    "LoginThrottle",
    "Output",
    "Run",
    "RunEvent",
    "RunInput",
    "RunNode",
]
