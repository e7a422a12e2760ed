"""The main job with real FFmpeg on a tiny clip: through both doors, down to the bytes of the output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from runs.engine.models import Asset, EngineRun
from runs.engine.rendering import render
from runs.engine.rendering.ffmpeg import Runner
from tests.engine import play

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client
    from pytest_django.fixtures import Settings

    from tests.engine.conftest import Api

STEPS = {
    "in": ("Video Input", []),
    "mirror": ("Mirror", ["in"]),
    "colours": ("Color Correction", ["in"]),
}


@pytest.fixture
def clip(db: None, settings: Settings, tmp_path: Path) -> Asset:
    """Half a second of a plain picture."""
    settings.ENGINE_DIR = tmp_path
    (tmp_path / "samples").mkdir()
    scenes = "color=0x101010:s=64x36:r=10:d=0.5"
    Runner(tmp_path).run(
        ["-f", "lavfi", "-i", scenes, "-c:v", "libx264", "-pix_fmt", "yuv420p", f"file:{tmp_path}/samples/tiny.mp4"]
    )
    return Asset.objects.create(name="Tiny", video_path="samples/tiny.mp4")


def render_everything() -> None:
    while render.work_one():
        pass


@pytest.mark.django_db(transaction=True)
def test_fail_resume_play(api: Api, clip: Asset, client: Client) -> None:
    agent = play.make_agent(STEPS)
    _, mirror, colours = play.node_ids(agent)
    api.fault("fail_render", original_node_id=mirror, message="Broken on purpose.")
    body = {"video_ids": [str(clip.pk)], "ignore_nodes": [colours]}
    run_id = api.post(f"/agent/{agent.pk}/run", body)["run_id"]
    render_everything()
    whole = api.get(f"/agent_run/{run_id}")
    assert (whole["status"], whole["status_message"]) == ("failed", "Mirror failed.")
    assert whole["errors"] == [{"original_node_id": mirror, "messages": ["Broken on purpose."]}]

    assert api.post(f"/agent_run/{run_id}/resume")["requeued_nodes"] == 1
    render_everything()
    whole = api.get(f"/agent_run/{run_id}")
    assert (whole["status"], [output["original_node_id"] for output in whole["outputs"]]) == ("completed", [mirror])
    for shown in (*whole["outputs"], *whole["inputs"]):
        video, picture = client.get(shown["video_url"]), client.get(shown["thumbnail_url"])
        assert b"".join(video)[4:8] == b"ftyp"
        assert b"".join(picture).startswith(b"\xff\xd8")
        part = client.get(shown["video_url"], headers={"Range": "bytes=4-7"})
        assert (part.status_code, b"".join(part)) == (206, b"ftyp")


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_done_here_and_an_output_as_input(outside: Api, clip: Asset) -> None:
    agent = play.make_agent(STEPS)
    _, mirror, colours = play.node_ids(agent)
    run_id = outside.post(f"/agent/{agent.pk}/run", {"video_ids": [str(clip.pk)]})["run_id"]
    render_everything()
    whole = outside.get(f"/agent_run/{run_id}")
    assert whole["status"] == "partial_complete"
    assert whole["node_status_counts"] == {"completed": 2, "in_progress": 0, "failed": 1}
    assert [entry["original_node_id"] for entry in whole["errors"]] == [colours]
    (output,) = whole["outputs"]
    assert requests.get(output["video_url"], timeout=5).content[4:8] == b"ftyp"

    body = {"node_render_ids": [output["id"]], "ignore_nodes": [mirror]}
    again = outside.post(f"/agent/{agent.pk}/run", body)["run_id"]
    render_everything()
    assert EngineRun.objects.get(pk=again).nodes.get(source__isnull=False).status == "completed"
