"""Requests that are JSON and yet nothing the engine could work with: 4xx and a sentence, never 500."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runs.engine.http import media
from runs.engine.models import EngineAgent, EngineRun, TemplateNode
from tests.engine import play
from tests.engine.conftest import ASSET_ID

if TYPE_CHECKING:
    from runs.engine.models import Asset
    from tests.engine.conftest import Api


@pytest.fixture
def agent(asset: Asset) -> EngineAgent:
    return play.make_agent({"in": ("Video Input", []), "clips": ("Clips", ["in"]), "mark": ("Watermark", ["clips"])})


@pytest.mark.parametrize(
    "value", [10**400, -(10**400), 10**30, 1.5, "3", True, [1], {"a": 1}], ids=lambda value: str(value)[:6]
)
def test_no_number_is_too_large_to_be_refused(api: Api, agent: EngineAgent, value: Any) -> None:
    node = TemplateNode.objects.get(agent=agent, position=1)
    body = {"video_ids": [str(ASSET_ID)], "update_params": {str(node.pk): {"num_clips": value}}}
    answer = api.call("POST", f"/agent/{agent.pk}/run", json=body)
    assert answer.status_code in {400, 422}
    assert answer.json()["error"] in {"validation_error", "parameter_out_of_range"}
    assert not EngineRun.objects.exists()


@pytest.mark.parametrize("link", ["http://\ud800/", "https://host/\udc00", "http://[", "file:///etc/passwd", "data:,x"])
def test_odd_links_are_no_links(api: Api, agent: EngineAgent, link: str) -> None:
    for body in ({"video_urls": [link]}, {"video_ids": [str(ASSET_ID)], "callback_url": link}):
        assert "http" in api.post(f"/agent/{agent.pk}/run", body, status=400)["detail"]
    assert not EngineRun.objects.exists()


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\0", "9" * 5000])
def test_times_outside_the_calendar_are_named(api: Api, agent: EngineAgent, name: str, text: str) -> None:
    assert api.get("/agent_runs", {name: text}, status=400)["detail"].startswith(f"{name}: ")


def test_an_address_with_half_a_character_is_not_ours(asset: Asset) -> None:
    url = media.video_url(asset)
    assert media.path_of(url.replace("signature=", "signature=\ud800")) is None
    assert media.path_of("http://\ud800/engine/samples/x.mp4") is None
