"""Where a video is now, and reading its address anew."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from runs import gateway, outputs
from runs.client import MosaicUnavailable
from runs.engine.models import Render
from tests.engine import play
from tests.factories import make_input, make_output, make_run
from tests.world import World


def nowhere(*_args: object) -> Path | None:
    """No file is ours."""
    return None


def test_our_own_engines_files_are_found_on_disk(world: World) -> None:
    run = world.start()
    play.out(str(run.remote_id))
    run = world.sync(run)
    output = run.outputs.get()
    path = settings.ENGINE_DIR / Render.objects.get(pk=output.remote_id).video_path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"video")
    try:
        assert outputs.where_is(output, "video", gateway.local_media) == outputs.Local(path.resolve())
    finally:
        path.unlink()


def test_a_strangers_address_is_never_a_file_of_ours(db: None) -> None:
    url = f"{settings.PUBLIC_URL}/engine/media/renders/../../../db.sqlite3?expires=9999999999&signature=a-b"
    output = make_output(make_run(), video_url=url)
    assert isinstance(outputs.where_is(output, "video", gateway.local_media), outputs.Remote)


def test_an_address_is_fresh_for_an_hour(db: None) -> None:
    output = make_output(make_run(), premiere_url="")
    assert outputs.where_is(output, "video", nowhere) == outputs.Remote(output.video_url, fresh=True)
    output.refreshed_at = timezone.now() - timedelta(minutes=61)
    assert outputs.where_is(output, "thumbnail", nowhere) == outputs.Remote(output.thumbnail_url, fresh=False)
    assert outputs.where_is(output, "premiere", nowhere) is None


def test_refreshing_reads_new_addresses_without_a_new_version(world: World) -> None:
    run = world.start()
    play.out(str(run.remote_id))
    run = world.sync(run)
    old = timezone.now() - timedelta(hours=2)
    run.outputs.update(refreshed_at=old, video_url="https://gone.example/a.mp4")
    run.inputs.update(refreshed_at=old, video_url="https://gone.example/b.mp4")
    outputs.refresh_urls(run, world.client)
    output, source = run.outputs.get(), run.inputs.get()
    assert "gone.example" not in output.video_url + source.video_url
    assert output.refreshed_at > old
    version = run.version
    run.refresh_from_db()
    assert run.version == version


def test_what_was_just_read_is_not_read_again(world: World) -> None:
    run = world.start()
    play.out(str(run.remote_id))
    run = world.sync(run)
    world.fault("refuse", times=9)
    outputs.refresh_urls(run, world.client)
    run.outputs.update(refreshed_at=timezone.now() - timedelta(hours=2))
    with pytest.raises(MosaicUnavailable):
        outputs.refresh_urls(run, world.client)


def test_a_run_without_a_remote_has_nothing_to_refresh(world: World) -> None:
    run = make_run(remote_id=None)
    make_input(run, refreshed_at=timezone.now() - timedelta(hours=2))
    outputs.refresh_urls(run, world.client)
