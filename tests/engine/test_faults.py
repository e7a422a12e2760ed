"""The fault switches: each kind through both doors, and what is true afterwards."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
import requests
from django.test import Client

from runs.engine.http import faults, media
from runs.engine.models import EngineAgent, EngineRun, Fault
from tests.engine import play
from tests.engine.test_runtime import SHORTS, begin

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

    from runs.engine.models import Asset
    from tests.engine.conftest import Api


@pytest.fixture
def agent(db: None) -> EngineAgent:
    return play.make_agent(SHORTS)


def start(api: Api, agent: EngineAgent, asset: Asset, timeout: float = 5) -> requests.Response:
    body = {"video_ids": [str(asset.pk)]}
    return api.call("POST", f"/agent/{agent.pk}/run", json=body, timeout=timeout)


@pytest.mark.parametrize("kind", ["refuse", "timeout_before", "timeout_after", "cut"])
def test_no_whole_answer(api: Api, agent: EngineAgent, asset: Asset, kind: str) -> None:
    """Whichever door: an exception of the same family, and acted or not as the kind says; the next request is fine."""
    hold: dict[str, Any] = {"seconds": 0.4} if "timeout" in kind else {}
    api.fault(kind, f"/agent/{agent.pk}/run", **hold)
    raised = {
        "refuse": requests.ConnectionError,
        "timeout_before": requests.ReadTimeout,
        "timeout_after": requests.ReadTimeout,
        "cut": requests.exceptions.ChunkedEncodingError,
    }[kind]
    with pytest.raises(raised):
        start(api, agent, asset, timeout=0.2 if "timeout" in kind else 5)
    acted = kind in {"timeout_after", "cut"}
    assert EngineRun.objects.count() == acted
    assert start(api, agent, asset).status_code == 200


def test_refused_in_process_says_that_nothing_was_sent(inside: Api) -> None:
    inside.fault("refuse")
    with pytest.raises(requests.ConnectionError, match="Connection refused"):
        inside.get("/agents")


def test_timeouts_in_process_take_no_time(inside: Api) -> None:
    inside.fault("timeout_before")
    before = monotonic()
    with pytest.raises(requests.ReadTimeout):
        inside.get("/agents")
    assert monotonic() - before < 1


def test_html_for_json(api: Api) -> None:
    api.fault("html", "/agents")
    response = api.call("GET", "/agents")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html")
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    api.get("/agents")


def test_status_with_headers(api: Api, agent: EngineAgent, asset: Asset) -> None:
    api.fault("status", "/agent/", times=2, status=429, headers={"Retry-After": "7"})
    for _ in range(2):
        response = start(api, agent, asset)
        assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
        assert response.json()["error"] == "rate_limit"
    assert not EngineRun.objects.exists()
    assert start(api, agent, asset).status_code == 200


def test_a_status_after_acting(api: Api, agent: EngineAgent, asset: Asset) -> None:
    api.fault("status", "/agent/*/run", status=502, acts=True)
    assert start(api, agent, asset).status_code == 502
    assert EngineRun.objects.count() == 1


def test_slow(api: Api) -> None:
    api.fault("slow", "/agents", times=2, seconds=0.15)
    before = monotonic()
    api.get("/agents")
    assert monotonic() - before >= 0.15
    with pytest.raises(requests.ReadTimeout):
        api.call("GET", "/agents", timeout=0.05)


def test_unknown_status(api: Api, asset: Asset) -> None:
    run = begin(api, asset, SHORTS)
    api.fault("unknown_status", f"/agent_run/{run.pk}", times=2, value="reticulating")
    assert api.get(f"/agent_run/{run.pk}")["status"] == "reticulating"
    nodes = api.get(f"/agent_run/{run.pk}/nodes")["nodes"]
    assert {node["status"] for node in nodes} == {"reticulating"}
    assert api.get(f"/agent_run/{run.pk}")["status"] == "running"


def test_missing_fields(api: Api, asset: Asset) -> None:
    run = play.out(begin(api, asset, SHORTS))
    api.fault("missing_field", "/agent_run/", field="status")
    assert "status" not in api.get(f"/agent_run/{run.pk}")
    api.fault("missing_field", "/agent_run/", field="outputs.thumbnail_url")
    whole = api.get(f"/agent_run/{run.pk}")
    assert all("thumbnail_url" not in output and "video_url" in output for output in whole["outputs"])


def test_no_outputs(api: Api, asset: Asset) -> None:
    run = play.out(begin(api, asset, SHORTS))
    api.fault("no_outputs", "/agent_run*", times=2)
    whole = api.get(f"/agent_run/{run.pk}")
    assert (whole["status"], whole["outputs"]) == ("completed", [])
    assert api.get("/agent_runs")["runs"][0]["outputs"] == []
    assert api.get(f"/agent_run/{run.pk}")["outputs"] != []


def test_expired_media_in_answers(api: Api, asset: Asset, settings: Settings, tmp_path: Path) -> None:
    settings.ENGINE_DIR = tmp_path
    (tmp_path / "samples").mkdir()
    (tmp_path / asset.video_path).write_bytes(b"video")
    run = begin(api, asset, SHORTS)
    api.fault("expired_media", "/agent_run/")
    url = api.get(f"/agent_run/{run.pk}")["inputs"][0]["video_url"]
    assert media.path_of(url) is None
    assert Client().get(url).status_code == 403
    fresh = api.get(f"/agent_run/{run.pk}")["inputs"][0]["video_url"]
    assert media.path_of(fresh) == tmp_path / asset.video_path
    assert Client().get(fresh).status_code == 200


def test_media_themselves(server: str, outside: Api) -> None:
    sample = f"{server}/engine/samples/none.mp4"
    outside.fault("expired_media", "/samples/")
    assert requests.get(sample, timeout=5).status_code == 403
    outside.fault("status", "/samples/", status=503)
    assert requests.get(sample, timeout=5).status_code == 503
    outside.fault("cut", "/samples/")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(sample, timeout=5)
    outside.fault("refuse", "/samples/")
    with pytest.raises(requests.ConnectionError):
        requests.get(sample, timeout=5)
    assert requests.get(sample, timeout=5).status_code == 404


def test_only_this_method_and_path(api: Api, agent: EngineAgent, asset: Asset) -> None:
    api.fault("status", "*", method="POST", status=500)
    api.get("/agents")
    assert start(api, agent, asset).status_code == 500
    api.fault("status", "/credits", status=500)
    api.get("/plan")
    api.get("/credits", status=500)


def test_list_and_clear(api: Api) -> None:
    api.fault("slow", "/agents", times=3, seconds=1)
    api.fault("cut", "/plan")
    listed = api.get("/_faults")["faults"]
    assert [(fault["kind"], fault["path"], fault["remaining"]) for fault in listed] == [
        ("slow", "/agents", 3),
        ("cut", "/plan", 1),
    ]
    assert api.call("DELETE", "/_faults").json() == {"cleared": 2}
    assert api.get("/_faults") == {"faults": []}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "meteor"},
        {"kind": "cut", "times": 0},
        {"kind": "cut", "times": True},
        {"kind": "cut", "path": 3},
        {"kind": "slow", "seconds": "2"},
        {"kind": "status", "status": 99},
        {"kind": "status", "headers": "x"},
        {"kind": "missing_field"},
        {"kind": "cut", "options": []},
    ],
)
def test_switches_that_make_no_sense(api: Api, body: dict[str, Any]) -> None:
    assert api.post("/_faults", body, status=400)["error"] == "validation_error"


def test_not_opened(api: Api, settings: Settings) -> None:
    api.fault("status", "*", times=5)
    settings.MOSAIC_ENGINE_FAULTS = False
    for method in ("GET", "POST", "DELETE"):
        assert api.call(method, "/_faults", json={"kind": "cut"}).status_code == 404
    api.get("/agents")


def test_a_node_fails_as_often_as_asked(inside: Api, asset: Asset, settings: Settings) -> None:
    run = begin(inside, asset, SHORTS)
    by_type = run.nodes.get(node_type_id=play.TYPES["Clips"])
    other = run.nodes.get(node_type_id=play.TYPES["Watermark"])
    inside.fault("fail_render", times=2, node_type=by_type.node_type_id, message="Broken on purpose.")
    inside.fault("fail_render", original_node_id=str(other.original_node_id))
    inside.get("/agents")
    assert faults.take_render_fault(run.nodes.get(node_type_id=play.TYPES["Mirror"])) is None
    assert [faults.take_render_fault(by_type) for _ in range(3)] == ["Broken on purpose.", "Broken on purpose.", None]
    assert faults.take_render_fault(other) == "The render failed because a test asked for it."
    assert faults.take_render_fault(other) is None
    assert not Fault.objects.filter(remaining__gt=0).exists()


def test_a_type_of_node_is_named_by_its_name_too(inside: Api, asset: Asset) -> None:
    run = begin(inside, asset, SHORTS)
    inside.fault("fail_render", node_type="watermark", message="By name.")
    assert faults.take_render_fault(run.nodes.get(node_type_id=play.TYPES["Clips"])) is None
    assert faults.take_render_fault(run.nodes.get(node_type_id=play.TYPES["Watermark"])) == "By name."
    refused = inside.post("/_faults", {"kind": "fail_render", "node_type": "Watermarck"}, status=400)
    assert "node_type" in refused["detail"]
