"""Every way in which a run request can be wrong, and the sentence for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from runs.engine.models import EngineAgent, EngineRun, TemplateEdge
from tests.engine import play
from tests.engine.conftest import ASSET_ID

if TYPE_CHECKING:
    from runs.engine.models import Asset
    from tests.engine.conftest import Api

STRAIGHT = {
    "in": ("Video Input", []),
    "clips": ("Clips", ["in"]),
    "mirror": ("Mirror", ["clips"]),
    "captions": ("Captions", ["mirror"]),
}
TWO = {"a": ("Video Input", []), "b": ("Video Input", []), "cut": ("Mirror", ["a"]), "mark": ("Mirror", ["b"])}
UNKNOWN = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def agent(asset: Asset) -> EngineAgent:
    return play.make_agent(STRAIGHT)


def refuse(api: Api, agent: EngineAgent, body: Any, status: int = 400) -> str:
    answer = api.post(f"/agent/{agent.pk}/run", body, status=status)
    assert answer["error"] == ("parameter_out_of_range" if status == 422 else "validation_error")
    assert not EngineRun.objects.exists()
    return str(answer["detail"])


def video(**more: Any) -> dict[str, Any]:
    return {"video_ids": [str(ASSET_ID)], **more}


@pytest.mark.parametrize(
    ("step", "params", "status", "said"),
    [
        (1, {"clips": 3}, 400, "'clips'"),
        (1, {"num_clips": "3"}, 400, "'num_clips': must be a whole number"),
        (1, {"num_clips": 3.5}, 400, "'num_clips': must be a whole number"),
        (1, {"num_clips": True}, 400, "'num_clips': must be a whole number"),
        (1, {"num_clips": 0}, 422, "'num_clips': must be between 1 and 20, not 0"),
        (1, {"num_clips": 21}, 422, "between 1 and 20, not 21"),
        (1, {"target_duration": 301}, 422, "'target_duration'"),
        (1, {"prompt": None}, 400, "'prompt': must be text, not null"),
        (3, {"caption_style": "loud"}, 400, "must be one of colored, scaling, karaoke"),
        (3, {"base_color": "red"}, 400, "must be a colour"),
        (3, {"caption_font_weight": 700}, 400, "'caption_font_weight': must be text"),
        (0, {"anything": 1}, 400, "Known parameters: none"),
    ],
)
def test_parameters(inside: Api, agent: EngineAgent, step: int, params: dict[str, Any], status: int, said: str) -> None:
    node_id = play.node_ids(agent)[step]
    detail = refuse(inside, agent, video(update_params={node_id: params}), status)
    assert said in detail
    assert node_id in detail


def test_good_parameters_go_into_this_run_alone(inside: Api, agent: EngineAgent) -> None:
    node = agent.nodes.all()[1]
    node.params = {"num_clips": 5, "prompt": "the joke"}
    node.save()
    body = video(update_params={str(node.pk): {"num_clips": 2, "target_duration": None}})
    run_id = inside.post(f"/agent/{agent.pk}/run", body)["run_id"]
    run = EngineRun.objects.get(pk=run_id)
    used = run.nodes.get(original_node_id=node.pk).params
    assert used == {"num_clips": 2, "prompt": "the joke", "target_duration": None}
    node.refresh_from_db()
    assert node.params == {"num_clips": 5, "prompt": "the joke"}
    assert run.body == body


def test_nodes_that_cannot_be_named(inside: Api, agent: EngineAgent) -> None:
    mirror = play.node_ids(agent)[2]
    assert UNKNOWN in refuse(inside, agent, video(update_params={UNKNOWN: {}}))
    assert UNKNOWN in refuse(inside, agent, video(ignore_nodes=[UNKNOWN]))
    detail = refuse(inside, agent, video(ignore_nodes=[mirror], update_params={mirror: {}}))
    assert detail == f"update_params: Node {mirror} (Mirror) is ignored in this run."


def test_what_must_stay(inside: Api, agent: EngineAgent) -> None:
    source, *rest = play.node_ids(agent)
    assert "is a source and cannot be ignored" in refuse(inside, agent, video(ignore_nodes=[source]))
    assert "Nothing is left to run" in refuse(inside, agent, video(ignore_nodes=rest))


def test_no_source(inside: Api, asset: Asset) -> None:
    agent = play.make_agent({"mirror": ("Mirror", []), "captions": ("Captions", ["mirror"])})
    assert "No source is left" in refuse(inside, agent, {})


def test_an_empty_agent(inside: Api, db: None) -> None:
    assert "Nothing is left to run" in refuse(inside, EngineAgent.objects.create(name="Empty"), {})


def test_a_circle(inside: Api, agent: EngineAgent) -> None:
    nodes = list(agent.nodes.all())
    TemplateEdge.objects.create(agent=agent, source=nodes[3], target=nodes[1])
    assert "circle" in refuse(inside, agent, video())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "names no video"),
        ({"video_urls": []}, "names no video"),
        ({"video_ids": [UNKNOWN]}, f"video_ids: there is no video with the id {UNKNOWN}"),
        ({"node_render_ids": [UNKNOWN]}, f"node_render_ids: there is no video with the id {UNKNOWN}"),
        ({"video_ids": ["clip"]}, "video_ids[0]: must be an id (UUID)"),
        ({"video_ids": str(ASSET_ID)}, "video_ids: must be a list"),
        ({"video_urls": ["ftp://example.org/a.mp4"]}, "video_urls[0] is not a link"),
        ({"video_urls": ["https://"]}, "video_urls[0] is not a link"),
        ({"video_urls": ["https://example.org/a b.mp4"]}, "video_urls[0] is not a link"),
        ({"video_urls": ["https://example.org:port/a.mp4"]}, "video_urls[0] is not a link"),
        ({"video_urls": ["https://[/a.mp4"]}, "video_urls[0] is not a link"),
        ({"video_urls": ["https://example.org/" + "a" * 2000]}, "video_urls[0]: is longer than 2000 characters"),
        ({"mimir_assets": [{"id": UNKNOWN}]}, "need a Mimir connection"),
        ({"input_clip_start_ms": -1}, "input_clip_start_ms"),
        (video(input_clip_start_ms=500, input_clip_end_ms=500), "must be less than"),
        (video(callback_url="example.org"), "callback_url: must be an address"),
        (video(ignore_nodes="x"), "ignore_nodes: must be a list"),
        (video(update_params={"x": 1}), "update_params.x: must be an object"),
        (video(video_inputs=[{"agent_node_id": UNKNOWN}]), "cannot be combined with video_inputs"),
        ({"video_inputs": [{}]}, "video_inputs[0]: the field 'agent_node_id' is missing"),
        (video(signed_urls=[]), "unknown field 'signed_urls'"),
    ],
)
def test_inputs_of_one(inside: Api, agent: EngineAgent, body: dict[str, Any], said: str) -> None:
    assert said in refuse(inside, agent, body)


def test_inputs_of_several(inside: Api, asset: Asset) -> None:
    agent = play.make_agent(TWO)
    first, second, other, _ = play.node_ids(agent)

    def entry(node_id: str) -> dict[str, Any]:
        return video(agent_node_id=node_id)

    assert "allowed only with one Video Input" in refuse(inside, agent, video())
    assert "one entry for each of the 2" in refuse(inside, agent, {})
    assert f"Video Input {second} is missing" in refuse(inside, agent, {"video_inputs": [entry(first)]})
    assert "more than one entry" in refuse(inside, agent, {"video_inputs": [entry(first), entry(first)]})
    assert "is not a Video Input" in refuse(inside, agent, {"video_inputs": [entry(other)]})
    assert "names no video" in refuse(inside, agent, {"video_inputs": [{"agent_node_id": first}, entry(second)]})
    inside.post(f"/agent/{agent.pk}/run", {"video_inputs": [entry(first), entry(second)]})


def test_generation_takes_no_videos(inside: Api, asset: Asset) -> None:
    agent = play.make_agent({"make": ("Video Generation", []), "mirror": ("Mirror", ["make"])})
    (make, mirror) = play.node_ids(agent)
    assert "takes no videos" in refuse(inside, agent, video())
    assert "takes no videos" in refuse(inside, agent, {"video_inputs": [video(agent_node_id=make)]})
    assert f"{make} (Video Generation) is a source" in refuse(inside, agent, {"ignore_nodes": [make]})
    run_id = inside.post(f"/agent/{agent.pk}/run", {"ignore_nodes": [mirror]})["run_id"]
    assert play.out(run_id).status == "completed"


def test_too_many_nodes(inside: Api, agent: EngineAgent) -> None:
    assert "more than 2,000 nodes" in refuse(inside, agent, {"video_ids": [str(ASSET_ID)] * 501})


def test_the_range_of_a_source(inside: Api, agent: EngineAgent) -> None:
    run_id = inside.post(f"/agent/{agent.pk}/run", video(input_clip_start_ms=0, input_clip_end_ms=4000))["run_id"]
    node = EngineRun.objects.get(pk=run_id).nodes.get(source__isnull=False)
    assert node.source == {"video_id": str(ASSET_ID), "input_clip_start_ms": 0, "input_clip_end_ms": 4000}


def test_unknown_agent(inside: Api, asset: Asset) -> None:
    assert inside.post(f"/agent/{uuid4()}/run", video(), status=404)["error"] == "not_found"
