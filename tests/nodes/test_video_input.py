"""Video Input brings sources in: by id, by our own addresses, by links; and says why not."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from runs.engine.http import media
from runs.engine.models import Asset, EngineAgent, EngineRun, Render, RuntimeNode
from runs.engine.nodes.base import NodeError
from runs.engine.nodes.video_input import VIDEO_INPUT
from runs.engine.rendering.ffmpeg import Runner
from tests.nodes.measure import frame, mean, moov_before_mdat, probe, run, seconds
from tests.servers import send, serve

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

    from runs.engine.nodes.base import Clip
    from tests.nodes.conftest import Maker

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine_dir(tmp_path: Path, settings: Settings, corner: Clip) -> Path:
    """The engine's folder with a sample clip in it."""
    folder = tmp_path / "engine"
    settings.ENGINE_DIR = folder
    (folder / "samples").mkdir(parents=True)
    (folder / "samples" / "sample-clip.mp4").write_bytes(corner.path.read_bytes())
    return folder


@pytest.fixture
def asset(engine_dir: Path) -> Asset:
    """The sample clip by its id."""
    return Asset.objects.create(name="Sample", video_path="samples/sample-clip.mp4")


@pytest.fixture
def rendered(engine_dir: Path) -> Render:
    """An output of an earlier run."""
    run = EngineRun.objects.create(agent=EngineAgent.objects.create(name="Earlier"))
    node = RuntimeNode.objects.create(run=run, original_node_id=uuid.uuid4(), node_type_id="any", branch="a/0")
    return Render.objects.create(node=node, video_path="samples/sample-clip.mp4")


def _bring(folder: Path, **source: Any) -> Path:
    (video,) = run(VIDEO_INPUT, folder / "work", source=source).videos
    assert [path.name for path in (folder / "work").iterdir()] == ["0.mp4"]
    return video


def _same_picture(video: Path, corner: Clip) -> bool:
    return frame(video).difference(frame(corner.path)) == 0


def test_an_asset_by_id(asset: Asset, corner: Clip, tmp_path: Path) -> None:
    video = _bring(tmp_path, video_id=str(asset.pk))
    assert _same_picture(video, corner)
    assert moov_before_mdat(video)


def test_an_output_of_an_earlier_run_by_id(rendered: Render, corner: Clip, tmp_path: Path) -> None:
    assert _same_picture(_bring(tmp_path, node_render_id=str(rendered.pk)), corner)


def test_our_own_addresses_are_read_from_disk_and_never_fetched(
    rendered: Render, corner: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runs.engine.nodes.video_input.fetch", None)
    assert _same_picture(_bring(tmp_path / "sample", video_url=media.sample_url("sample-clip.mp4")), corner)
    assert _same_picture(_bring(tmp_path / "signed", video_url=media.video_url(rendered)), corner)


def test_an_expired_address_of_ours_is_said_to_be_expired(rendered: Render, tmp_path: Path) -> None:
    old = media.signed_url(rendered, media.VIDEO, lifetime_seconds=-1)
    with pytest.raises(NodeError, match="has expired"):
        _bring(tmp_path, video_url=old)


def test_a_direct_link_is_fetched(corner: Clip, tmp_path: Path, settings: Settings) -> None:
    settings.MOSAIC_FETCH_ALLOW = ["127.0.0.1"]
    with serve({"/talk.mp4": lambda handler: send(handler, corner.path.read_bytes())}) as site:
        assert _same_picture(_bring(tmp_path, video_url=f"{site.address}/talk.mp4"), corner)


def test_a_private_address_is_not_fetched_from(corner: Clip, tmp_path: Path) -> None:
    with (
        serve({"/talk.mp4": lambda handler: send(handler, corner.path.read_bytes())}) as site,
        pytest.raises(NodeError, match="MOSAIC_FETCH_ALLOW"),
    ):
        _bring(tmp_path, video_url=f"{site.address}/talk.mp4")
    assert site.requests == []


def test_a_web_page_is_not_taken_for_a_video(tmp_path: Path, settings: Settings) -> None:
    settings.MOSAIC_FETCH_ALLOW = ["127.0.0.1"]
    page: Any = lambda handler: send(handler, b"<html>", headers={"Content-Type": "text/html; charset=utf-8"})  # noqa: E731
    with serve({"/watch": page}) as site, pytest.raises(NodeError, match="leads to a web page"):
        _bring(tmp_path, video_url=f"{site.address}/watch")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_playlist_behind_a_link_is_refused(tmp_path: Path, settings: Settings) -> None:
    settings.MOSAIC_FETCH_ALLOW = ["127.0.0.1"]
    playlist = b"#EXTM3U\n#EXTINF:10,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
    with (
        serve({"/talk.mp4": lambda handler: send(handler, playlist)}) as site,
        pytest.raises(NodeError, match="perhaps a playlist"),
    ):
        _bring(tmp_path, video_url=f"{site.address}/talk.mp4")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=abc",
        "https://youtu.be/abc",
        "http://m.youtube.com/watch?v=abc",
        "https://YouTube.com./watch?v=abc",
        "https://www.youtube-nocookie.com/embed/abc",
    ],
)
def test_youtube_is_for_the_remote_service(tmp_path: Path, url: str) -> None:
    with pytest.raises(NodeError, match="local engine does not download from YouTube"):
        _bring(tmp_path, video_url=url)


@pytest.mark.parametrize(
    ("kind", "words"), [("video_id", "There is no video"), ("node_render_id", "There is no output")]
)
def test_ids_that_are_not_here_are_named(tmp_path: Path, kind: str, words: str) -> None:
    unknown = str(uuid.uuid4())
    with pytest.raises(NodeError, match=f"{words} {unknown} in this engine"):
        _bring(tmp_path, **{kind: unknown})


def test_a_file_that_is_gone(asset: Asset, engine_dir: Path, tmp_path: Path) -> None:
    (engine_dir / asset.video_path).unlink()
    with pytest.raises(NodeError, match="no longer on the disk"):
        _bring(tmp_path, video_id=str(asset.pk))


def test_no_source_at_all(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="given no source"):
        _bring(tmp_path)


def test_a_part_of_the_source(spoken: Clip, engine_dir: Path, tmp_path: Path) -> None:
    (engine_dir / "samples" / "long.mp4").write_bytes(spoken.path.read_bytes())
    asset = Asset.objects.create(name="Long", video_path="samples/long.mp4")
    video = _bring(tmp_path, video_id=str(asset.pk), input_clip_start_ms=1000, input_clip_end_ms=2500)
    assert seconds(video) == pytest.approx(1.5, abs=0.05)
    assert mean(frame(video, 0.0).pixels) == pytest.approx(mean(frame(spoken.path, 1.0).pixels), abs=3)
    with pytest.raises(NodeError, match="begins after the end"):
        _bring(tmp_path, video_id=str(asset.pk), input_clip_start_ms=9000)


def test_other_formats_become_what_browsers_play(make_clip: Maker, engine_dir: Path, tmp_path: Path) -> None:
    """Odd sizes, long pixels, another codec: the picture comes out even, square and in the same shape."""
    source = Runner(tmp_path)
    source.run(
        [
            *("-f", "lavfi", "-i", "testsrc2=s=121x91:r=25:d=0.4,setsar=4/3"),
            *("-c:v", "mpeg4", "-f", "matroska", f"file:{engine_dir}/samples/odd.mkv"),
        ]
    )
    asset = Asset.objects.create(name="Odd", video_path="samples/odd.mkv")
    video = _bring(tmp_path, video_id=str(asset.pk))
    facts = Runner(tmp_path).facts(video)
    assert facts.is_plain
    assert (facts.width, facts.height) == (160, 90)
    assert probe(video).duration_ms == pytest.approx(400, abs=60)
