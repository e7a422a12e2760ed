"""Parameters of node types: the table, and the check of values before they are sent."""

from __future__ import annotations

from runs.params.table import NODE_PARAMS
from runs.params.values import NodeParams, Param, ParamProblem, check

__all__ = ["NODE_PARAMS", "NodeParams", "Param", "ParamProblem", "check"]
