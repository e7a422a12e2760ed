"""The remote's answers as frozen values, parsed once and tolerant of what is missing, older or unknown."""

from __future__ import annotations

from runs.client.payloads.agents import AgentDetail, AgentNode, AgentPage, AgentSummary, NodeType, WhoAmI
from runs.client.payloads.billing import Credits, CurrentPlan, Plan, PlanCredits, PlanOffer, UpgradeResult
from runs.client.payloads.runs import (
    CancelResult,
    NodeCounts,
    ResumeResult,
    RunDetail,
    RunError,
    RunInput,
    RunOutput,
    RunPage,
    RunSummary,
    RuntimeNode,
    StartedRun,
)

__all__ = [
    "AgentDetail",
    "AgentNode",
    "AgentPage",
    "AgentSummary",
    "CancelResult",
    "Credits",
    "CurrentPlan",
    "NodeCounts",
    "NodeType",
    "Plan",
    "PlanCredits",
    "PlanOffer",
    "ResumeResult",
    "RunDetail",
    "RunError",
    "RunInput",
    "RunOutput",
    "RunPage",
    "RunSummary",
    "RuntimeNode",
    "StartedRun",
    "UpgradeResult",
    "WhoAmI",
]
