"""The sample agents and the sample clip."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.utils import timezone

from runs.engine.demo import sample_clip, samples
from runs.engine.demo.sample_agents import EVERYTHING, SAMPLE_ASSET_ID, SAMPLES
from runs.engine.http import media, parameters
from runs.engine.models import Asset, EngineAgent, TemplateEdge, TemplateNode
from runs.engine.nodes.catalogue import CATALOGUE, WORKING
from tests.engine import play

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

    from runs.engine.models import RuntimeNode
    from runs.engine.nodes.base import FFmpeg
    from tests.engine.conftest import Api


@pytest.fixture
def ready(db: None) -> None:
    samples.ensure_agents()
    Asset.objects.create(pk=SAMPLE_ASSET_ID, name="Sample clip", video_path="samples/sample-clip.mp4")


def everything_stored() -> tuple[object, ...]:
    return (
        list(EngineAgent.objects.values()),
        list(TemplateNode.objects.values()),
        sorted(TemplateEdge.objects.values_list("source_id", "target_id")),
    )


def test_twice_is_as_once(ready: None) -> None:
    before = everything_stored()
    samples.ensure_agents()
    assert everything_stored() == before


def test_names_order_and_fixed_ids(inside: Api, ready: None) -> None:
    names = [agent["name"] for agent in inside.get("/agents")["agents"]]
    assert names == ["Podcast shorts", "Two-camera cut", "Broken step", "Everything"]
    # Written down by people and by tests elsewhere: these may never change.
    assert str(SAMPLE_ASSET_ID) == "2d4ec77e-d08a-5c5f-bae2-e1f362b00bba"
    shorts = EngineAgent.objects.get(name="Podcast shorts")
    assert str(shorts.pk) == "8eea3fe6-022b-5585-809f-d42c0afdca85"
    assert play.node_ids(shorts)[0] == "9588888b-6c80-5b32-9007-e3cc61c3a58a"


def test_parameters_are_ones_the_api_would_take() -> None:
    for sample in SAMPLES:
        for name, step in sample.steps.items():
            parameters.check(CATALOGUE[step.node_type_id], step.params, f"{sample.name}, {name}")


def test_everything_has_every_type_and_says_which_cannot_be_done_here() -> None:
    used = {step.node_type_id for step in EVERYTHING.steps.values()}
    assert used == set(CATALOGUE)
    assert 28 <= len(EVERYTHING.steps) <= 34
    able, _, unable = EVERYTHING.description.partition("cannot do")
    for kind in CATALOGUE.values():
        name = kind.name.removesuffix(" Generation") if kind.name.startswith(("Video G", "Audio G")) else kind.name
        assert name in (able if kind in WORKING else unable)


def test_a_changed_description_reaches_the_rows(ready: None) -> None:
    agent = EngineAgent.objects.get(name="Broken step")
    agent.nodes.first().delete()  # type: ignore[union-attr]
    samples.ensure_agents()
    assert agent.nodes.count() == 4
    assert agent.edges.count() == 3


def test_what_somebody_changed_is_left_alone(ready: None) -> None:
    agent = EngineAgent.objects.get(name="Broken step")
    TemplateNode.objects.create(id=uuid4(), agent=agent, node_type_id=play.TYPES["Mirror"])
    EngineAgent.objects.filter(pk=agent.pk).update(name="Mine", updated_at=timezone.now())
    samples.ensure_agents()
    agent.refresh_from_db()
    assert (agent.name, agent.nodes.count()) == ("Mine", 5)


def test_podcast_shorts_fans_out_on_two_branches(inside: Api, ready: None) -> None:
    agent = EngineAgent.objects.get(name="Podcast shorts")
    run_id = inside.post(f"/agent/{agent.pk}/run", {"video_ids": [str(SAMPLE_ASSET_ID)]})["run_id"]
    run = play.out(run_id)
    assert run.status == "completed"
    assert len(inside.get(f"/agent_run/{run_id}")["outputs"]) == 6


def test_broken_step_fails_until_it_is_bypassed(inside: Api, ready: None) -> None:
    agent = EngineAgent.objects.get(name="Broken step")
    body = {"video_ids": [str(SAMPLE_ASSET_ID)]}
    run = play.out(inside.post(f"/agent/{agent.pk}/run", body)["run_id"], play.failing("Color Correction"))
    assert (run.status, run.status_message) == ("failed", "Color Correction failed; 1 node after it was not run.")
    broken = agent.nodes.get(node_type_id=play.TYPES["Color Correction"])
    assert CATALOGUE[broken.node_type_id].work is None
    body["ignore_nodes"] = [str(broken.pk)]
    again = inside.post(f"/agent/{agent.pk}/run", body)["run_id"]
    assert play.out(again, play.failing("Color Correction")).status == "completed"


def test_two_cameras_need_two_videos(inside: Api, ready: None) -> None:
    agent = EngineAgent.objects.get(name="Two-camera cut")
    inside.post(f"/agent/{agent.pk}/run", {"video_ids": [str(SAMPLE_ASSET_ID)]}, status=400)
    inputs = agent.nodes.filter(node_type_id=play.TYPES["Video Input"])
    entries = [{"agent_node_id": str(node.pk), "video_ids": [str(SAMPLE_ASSET_ID)]} for node in inputs]
    run = play.out(inside.post(f"/agent/{agent.pk}/run", {"video_inputs": entries})["run_id"])
    assert (run.status, run.nodes.filter(is_leaf=True).count()) == ("completed", 2)


def test_everything_ends_partly_with_outputs(inside: Api, ready: None) -> None:
    agent = EngineAgent.objects.get(name="Everything")
    run_id = inside.post(f"/agent/{agent.pk}/run", {"video_ids": [str(SAMPLE_ASSET_ID)]})["run_id"]

    def decide(node: RuntimeNode) -> play.Outcome:
        kind = CATALOGUE[node.node_type_id]
        if kind.work is None:
            return f"{kind.name} cannot be done here."
        return 2 if kind.fans_out else 1

    assert play.out(run_id, decide).status == "partial_complete"
    assert len(inside.get(f"/agent_run/{run_id}")["outputs"]) == 4


def test_the_clip_is_made_once(db: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ENGINE_DIR = tmp_path
    made: list[Path] = []

    def make(ffmpeg: FFmpeg, path: Path) -> None:
        made.append(path)
        picture = ["-f", "lavfi", "-i", "color=teal:size=64x36:rate=5:duration=3"]
        ffmpeg.run([*picture, "-c:v", "mpeg4", f"file:{path}"])

    monkeypatch.setattr(sample_clip, "make", make)
    clip = samples.ensure_clip()
    samples.ensure_clip()
    assert len(made) == 1
    assert clip.stat().st_size > 500
    asset = Asset.objects.get(pk=SAMPLE_ASSET_ID)
    assert media.path_of(media.video_url(asset)) == clip
    assert (tmp_path / asset.thumbnail_path).read_bytes().startswith(b"\xff\xd8")
    assert media.path_of(samples.sample_url()) == clip
    assert sorted(path.name for path in clip.parent.iterdir()) == ["sample-clip.jpg", "sample-clip.mp4"]
