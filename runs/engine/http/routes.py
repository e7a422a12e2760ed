"""What each address of the API does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from runs.engine.execution import steering
from runs.engine.execution.ledger import account
from runs.engine.execution.start import start
from runs.engine.http import billing, faults, lists, shapes
from runs.engine.http.contract import plan_run
from runs.engine.http.parameters import is_uuid
from runs.engine.http.refusals import invalid, missing
from runs.engine.models import Account, EngineAgent, EngineRun, Fault, TemplateNode
from runs.engine.nodes.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Row = TypeVar("Row", bound=Model)
# The remote notes every use of a key; once a minute is enough to tell, and spares a write on every poll.
LAST_USE_GRAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as handlers see it: the query, the JSON body, and the ids in the path."""

    query: Mapping[str, str]
    body: Any
    ids: Mapping[str, str]

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body as an object; 400 when it is another kind of JSON."""
        if not isinstance(self.body, dict):
            raise invalid("The body must be a JSON object.")
        return self.body


if TYPE_CHECKING:
    Handler = Callable[[Ask], dict[str, Any]]


def whoami(ask: Ask) -> dict[str, Any]:
    """ "Introduction": whom the key belongs to."""
    holder = account()
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USE_GRAIN)
    Account.objects.filter(stale, pk=holder.pk).update(last_used_at=now)
    return {
        "organization_id": str(holder.organization_id),
        "organization_name": holder.name,
        "organization_slug": holder.slug,
        "created_at": shapes.time_text(holder.created_at),
        "last_used_at": shapes.time_text(holder.last_used_at),
    }


def agents(ask: Ask) -> dict[str, Any]:
    """ "Get Agents"."""
    rows, cursor = lists.page(EngineAgent.objects.all(), ask.query)
    return {"agents": [shapes.agent_summary(agent) for agent in rows], "next_cursor": cursor}


def agent(ask: Ask) -> dict[str, Any]:
    """ "Get Agent"."""
    return shapes.agent_whole(_agent(ask))


def node_types(ask: Ask) -> dict[str, Any]:
    """ "Get Node Types"."""
    return {"node_types": [shapes.node_type(type_id) for type_id in CATALOGUE]}


def node_type(ask: Ask) -> dict[str, Any]:
    """ "Get Node Type"."""
    if ask.ids["id"].lower() not in CATALOGUE:
        raise missing("There is no node type with this id.")
    return {"node_type": shapes.node_type(ask.ids["id"].lower())}


def agent_node(ask: Ask) -> dict[str, Any]:
    """ "Get Agent Node"."""
    return {"agent_node": shapes.agent_node(_one(TemplateNode.objects.all(), ask, "agent node"))}


def run_agent(ask: Ask) -> dict[str, Any]:
    """ "Run Agent"."""
    return {"run_id": str(start(plan_run(_agent(ask), ask.fields)).pk)}


def run(ask: Ask) -> dict[str, Any]:
    """ "Get Agent Run"."""
    return shapes.run_whole(_run(ask))


def run_nodes(ask: Ask) -> dict[str, Any]:
    """ "Get Agent Run Nodes"."""
    return shapes.run_nodes(_run(ask))


def cancel_run(ask: Ask) -> dict[str, Any]:
    """ "Cancel Agent Run"."""
    found = _run(ask)
    done = steering.cancel(found)
    return {
        "success": True,
        "run_id": str(found.pk),
        "tasks_cancelled": done.tasks,
        "nodes_reset": done.nodes,
        "message": "The run was cancelled.",
    }


def resume_run(ask: Ask) -> dict[str, Any]:
    """ "Resume Agent Run"."""
    found = _run(ask)
    done = steering.resume(found)
    return {
        "success": True,
        "run_id": str(found.pk),
        "agent_state_id": str(found.pk),
        "nodes_queued": done.queued,
        "nodes_considered": done.considered,
        "requeued_nodes": done.requeued,
        # A run that can be resumed has no task at work any more: ending it takes every lease away.
        "requeued_node_tasks_detached": 0,
        "requeued_node_active_tasks_cancelled": 0,
        "requeued_node_active_tasks_total": 0,
    }


def agent_runs(ask: Ask) -> dict[str, Any]:
    """ "Get Agent Runs"."""
    return _runs(lists.filtered_runs({**ask.query, "agent_id": str(_agent(ask).pk)}), ask)


def all_runs(ask: Ask) -> dict[str, Any]:
    """ "Get All Agent Runs"."""
    return _runs(lists.filtered_runs(ask.query), ask)


def credits_left(ask: Ask) -> dict[str, Any]:
    """ "Get Credits"."""
    return billing.credits_answer()


def plan(ask: Ask) -> dict[str, Any]:
    """ "Get Plan"."""
    return billing.plan_answer()


def plan_list(ask: Ask) -> dict[str, Any]:
    """ "List Plans"."""
    return billing.plan_list_answer()


def plan_upgrade(ask: Ask) -> dict[str, Any]:
    """ "Upgrade Plan"."""
    return billing.upgrade_answer(ask.fields)


def open_fault(ask: Ask) -> dict[str, Any]:
    """Ours: set a fault."""
    _check_open()
    return faults.open_switch(ask.fields)


def list_faults(ask: Ask) -> dict[str, Any]:
    """Ours: faults that still have times left."""
    _check_open()
    return {"faults": [faults.shown(fault) for fault in Fault.objects.filter(remaining__gt=0)]}


def clear_faults(ask: Ask) -> dict[str, Any]:
    """Ours: take all faults away."""
    _check_open()
    return {"cleared": Fault.objects.all().delete()[0]}


def _check_open() -> None:
    if not settings.MOSAIC_ENGINE_FAULTS:
        raise missing("There is no /_faults in this API.")


def _runs(rows: QuerySet[EngineRun], ask: Ask) -> dict[str, Any]:
    found, cursor = lists.page(rows, ask.query)
    return {"runs": shapes.run_summaries(found), "next_cursor": cursor}


def _agent(ask: Ask) -> EngineAgent:
    return _one(EngineAgent.objects.all(), ask, "agent")


def _run(ask: Ask) -> EngineRun:
    return _one(EngineRun.objects.all(), ask, "run")


def _one(rows: QuerySet[Row], ask: Ask, what: str) -> Row:
    found = rows.filter(pk=UUID(ask.ids["id"])).first() if is_uuid(ask.ids["id"]) else None
    if found is None:
        raise missing(f"There is no {what} with this id.")
    return found


ROUTES: tuple[tuple[str, re.Pattern[str], Handler], ...] = tuple(
    (method, re.compile(pattern.replace("<id>", r"(?P<id>[^/]+)")), handler)
    for method, pattern, handler in (
        ("GET", "/whoami", whoami),
        ("GET", "/agents", agents),
        ("GET", "/agent/<id>", agent),
        ("GET", "/node_types", node_types),
        ("GET", "/node_type/<id>", node_type),
        ("GET", "/agent_nodes/<id>", agent_node),
        ("POST", "/agent/<id>/run", run_agent),
        ("GET", "/agent/<id>/runs", agent_runs),
        ("GET", "/agent_run/<id>", run),
        ("GET", "/agent_run/<id>/nodes", run_nodes),
        ("POST", "/agent_run/<id>/resume", resume_run),
        ("POST", "/agent_run/<id>/cancel", cancel_run),
        ("GET", "/agent_runs", all_runs),
        ("GET", "/credits", credits_left),
        ("GET", "/plan", plan),
        ("GET", "/plan/list", plan_list),
        ("POST", "/plan/upgrade", plan_upgrade),
        ("POST", "/_faults", open_fault),
        ("GET", "/_faults", list_faults),
        ("DELETE", "/_faults", clear_faults),
    )
)
