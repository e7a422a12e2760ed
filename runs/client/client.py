"""The API's calls, one method each; every method names the page it follows.

All raise :class:`MosaicUnavailable`, :class:`MosaicRejected` or :class:`MosaicProtocolError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from runs.client.errors import MosaicProtocolError
from runs.client.exchange import FOR_JOBS, Clock, Patience, Request, send
from runs.client.payloads import (
    AgentDetail,
    AgentPage,
    CancelResult,
    Credits,
    CurrentPlan,
    PlanOffer,
    ResumeResult,
    RunDetail,
    RunPage,
    RuntimeNode,
    StartedRun,
    UpgradeResult,
    WhoAmI,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import requests

DOCUMENTED_HOST = "api.mosaic.so"


class MosaicClient:
    """One remote, one key. ``service`` is the remote's name in sentences, by default made from the address."""

    def __init__(
        self, session: requests.Session, base_url: str, *, service: str = "", patience: Patience = FOR_JOBS
    ) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._service = service or _service_name(base_url)
        self._patience = patience
        self._clock = Clock()

    @property
    def clock_ahead(self) -> float:
        """By how many seconds the remote's clock was ahead of ours at its last answer; 0 when it does not say."""
        return self._clock.ahead

    @property
    def service(self) -> str:
        """The remote's name in sentences."""
        return self._service

    def whoami(self) -> WhoAmI:
        """Whose key this is. Page "Introduction"."""
        return WhoAmI.parse(self._get("/whoami"))

    def agents(self, *, limit: int = 100, cursor: str | None = None) -> AgentPage:
        """One page of agents. Page "Get Agents"."""
        return AgentPage.parse(self._list("agents", "/agents", limit=str(limit), cursor=cursor))

    def agent(self, agent_id: str) -> AgentDetail:
        """An agent with its graph. Page "Get Agent"."""
        return AgentDetail.parse(self._get(f"/agent/{_part(agent_id)}"))

    def start_run(self, agent_id: str, body: dict[str, Any]) -> StartedRun:
        """Start a run. Not idempotent: never repeated. Page "Run Agent"."""
        return StartedRun.parse(self._post(f"/agent/{_part(agent_id)}/run", body))

    def run(self, run_id: str) -> RunDetail:
        """A run with its outputs. Page "Get Agent Run"."""
        return RunDetail.parse(self._get(f"/agent_run/{_part(run_id)}"))

    def run_nodes(self, run_id: str) -> tuple[RuntimeNode, ...]:
        """The runtime nodes of a run. Page "Get Agent Run Nodes"."""
        return RuntimeNode.parse_all(self._get(f"/agent_run/{_part(run_id)}/nodes"))

    def agent_runs(
        self,
        agent_id: str | None = None,
        *,
        status: Iterable[str] = (),
        limit: int = 25,
        cursor: str | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
    ) -> RunPage:
        """One page of runs, of an agent or of all. Pages "Get Agent Runs" and "Get All Agent Runs"."""
        path = f"/agent/{_part(agent_id)}/runs" if agent_id else "/agent_runs"
        times = {"from": from_.isoformat() if from_ else None, "to": to.isoformat() if to else None}
        statuses = ",".join(status) or None
        return RunPage.parse(self._list("runs", path, limit=str(limit), cursor=cursor, status=statuses, **times))

    def resume_run(self, run_id: str) -> ResumeResult:
        """Queue again what did not finish. Page "Resume Agent Run"."""
        return ResumeResult.parse(self._post(f"/agent_run/{_part(run_id)}/resume"))

    def cancel_run(self, run_id: str) -> CancelResult:
        """Stop an active run. Page "Cancel Agent Run"."""
        return CancelResult.parse(self._post(f"/agent_run/{_part(run_id)}/cancel"))

    def credits(self) -> Credits:
        """The balance. Page "Get Credits"."""
        return Credits.parse(self._get("/credits"))

    def plan(self) -> CurrentPlan:
        """The plan. Page "Get Plan"."""
        return CurrentPlan.parse(self._get("/plan"))

    def plan_list(self) -> tuple[PlanOffer, ...]:
        """The plans that can be chosen. Page "Get Plan List"."""
        return PlanOffer.parse_all(self._get("/plan/list"))

    def upgrade_plan(
        self, plan_id: str, *, success_url: str | None = None, cancel_url: str | None = None
    ) -> UpgradeResult:
        """Change the plan, which may cost money or ask for a checkout. Page "Upgrade Plan"."""
        body = {"plan_id": plan_id, "success_url": success_url, "cancel_url": cancel_url}
        return UpgradeResult.parse(self._post("/plan/upgrade", {key: value for key, value in body.items() if value}))

    def _list(self, what: str, path: str, **params: str | None) -> dict[str, Any]:
        """An answer that is there for its list: without one it says nothing, least of all that there is none."""
        data = self._get(path, **params)
        if not any(isinstance(data.get(name), list) for name in (what, f"agent_{what}")):
            raise MosaicProtocolError(f"{self._service} sent an answer without the list of {what}.")
        return data

    def _get(self, path: str, **params: str | None) -> dict[str, Any]:
        given = {name: value for name, value in params.items() if value is not None}
        return self._send(Request("GET", self._base_url + path, self._service, params=given))

    def _post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._send(Request("POST", self._base_url + path, self._service, body=body))

    def _send(self, request: Request) -> dict[str, Any]:
        return send(self._session, request, self._patience, self._clock)


def _service_name(base_url: str) -> str:
    """How the remote is called in sentences: by its host, or Mosaic where it is that."""
    try:
        host = urlsplit(base_url).netloc or base_url
    except ValueError:
        return base_url
    return "Mosaic" if host == DOCUMENTED_HOST else host


def _part(remote_id: str) -> str:
    """A remote id as one path segment: an id can never reach another path."""
    return quote(remote_id, safe="") if remote_id.strip(".") else "unknown"
