"""Run lists: shape, order, pages, filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from runs.engine.models import EngineAgent, EngineRun
from tests.engine import play
from tests.engine.test_runtime import begin

if TYPE_CHECKING:
    from pytest_django.fixtures import DjangoAssertNumQueries

    from runs.engine.models import Asset
    from tests.engine.conftest import Api

START = datetime(2026, 5, 20, 16, tzinfo=UTC)
STATUSES = ("completed", "failed", "cancelled", "running", "partial_complete")


@pytest.fixture
def agent(db: None) -> EngineAgent:
    return play.make_agent({"in": ("Video Input", []), "mirror": ("Mirror", ["in"])})


@pytest.fixture
def runs(agent: EngineAgent) -> list[EngineRun]:
    """Ten runs, a minute apart but for two at the same moment; newest first."""
    made = [
        EngineRun.objects.create(
            agent=agent,
            status=STATUSES[number % 5],
            created_at=START + timedelta(minutes=min(number, 8)),
        )
        for number in range(10)
    ]
    return sorted(made, key=lambda run: (run.created_at, run.pk.hex), reverse=True)


def ids(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [run["run_id"] for run in answer["runs"]]


def test_shape(api: Api, asset: Asset) -> None:
    run = play.out(begin(api, asset, {"in": ("Video Input", []), "mirror": ("Mirror", ["in"])}))
    (summary,) = api.get("/agent_runs")["runs"]
    assert set(summary) == {
        *("run_id", "agent_id", "status", "status_message", "started_at", "updated_at"),
        *("node_status_counts", "inputs", "outputs", "triggered_by"),
    }
    whole = api.get(f"/agent_run/{run.pk}")
    assert summary["outputs"][0]["id"] == whole["outputs"][0]["id"]
    assert (
        summary["node_status_counts"] == whole["node_status_counts"] == {"completed": 2, "in_progress": 0, "failed": 0}
    )
    assert summary["triggered_by"] is None


@pytest.mark.parametrize("path", ["/agent_runs", "/agent/{agent}/runs"])
def test_every_run_once_newest_first(api: Api, runs: list[EngineRun], agent: EngineAgent, path: str) -> None:
    found: list[str] = []
    answer: dict[str, Any] = {"next_cursor": ""}
    for _ in range(4):
        answer = api.get(path.format(agent=agent.pk), {"limit": 3, "cursor": answer["next_cursor"]})
        found += ids(answer)
    assert answer["next_cursor"] is None
    assert found == [str(run.pk) for run in runs]


def test_a_run_that_starts_meanwhile_moves_no_page(inside: Api, runs: list[EngineRun], agent: EngineAgent) -> None:
    first = inside.get("/agent_runs", {"limit": 5})
    EngineRun.objects.create(agent=agent, created_at=START + timedelta(days=1))
    second = inside.get("/agent_runs", {"limit": 5, "cursor": first["next_cursor"]})
    assert ids(second) == [str(run.pk) for run in runs[5:]]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"status": "completed"}, [4, 9]),
        ({"status": "completed, failed"}, [3, 4, 8, 9]),
        ({"from": "2026-05-20T16:08:00Z"}, [0, 1]),
        ({"to": "2026-05-20T16:01:00Z"}, [8, 9]),
        ({"from": "2026-05-20T18:03:00+02:00", "to": "2026-05-20T16:04:00"}, [5, 6]),
        ({"from": "2026-05-20", "to": "2026-05-20"}, list(range(10))),
        ({"from": "2026-05-21"}, []),
    ],
)
def test_filters(inside: Api, runs: list[EngineRun], query: dict[str, str], numbers: list[int]) -> None:
    found = ids(inside.get("/agent_runs", query))
    expected = [run for run in runs if "status" not in query or run.status in query["status"]]
    if "status" not in query:
        expected = [runs[number] for number in numbers]
    assert found == [str(run.pk) for run in expected]
    assert len(found) == len(numbers)


def test_by_agent(inside: Api, runs: list[EngineRun], agent: EngineAgent) -> None:
    other = EngineRun.objects.create(agent=EngineAgent.objects.create(name="Other"))
    assert ids(inside.get("/agent_runs", {"agent_id": str(other.agent_id)})) == [str(other.pk)]
    assert len(ids(inside.get(f"/agent/{agent.pk}/runs"))) == 10
    assert ids(inside.get("/agent_runs", {"agent_id": str(uuid4())})) == []
    assert len(ids(inside.get(f"/agent/{agent.pk}/runs", {"agent_id": str(other.agent_id)}))) == 10


@pytest.mark.parametrize(
    ("query", "status"),
    [
        *(({"limit": text}, 422) for text in ("0", "101", "-1")),
        *(({"limit": text}, 400) for text in ("many", "2.5")),
        *(({"cursor": text}, 400) for text in ("nonsense", "!!", "MjAyNi0wMS0wMXx4", "é")),
        *(({"status": text}, 400) for text in ("done", "completed,queued")),
        *(({"from": text}, 400) for text in ("yesterday", "2026-13-01T00:00:00Z", "2026-02-30")),
        ({"to": "soon"}, 400),
        ({"agent_id": "x"}, 400),
    ],
)
def test_queries_that_are_refused(inside: Api, db: None, query: dict[str, str], status: int) -> None:
    answer = inside.get("/agent_runs", query, status=status)
    assert answer["error"] == ("parameter_out_of_range" if status == 422 else "validation_error")
    assert next(iter(query)) in answer["detail"]


def test_the_number_of_queries_does_not_grow(
    inside: Api, asset: Asset, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        play.out(begin(inside, asset, {"in": ("Video Input", []), "mirror": ("Mirror", ["in"])}))
    with django_assert_max_num_queries(9):
        assert len(ids(inside.get("/agent_runs"))) == 5
