"""Videos and pictures at stable addresses: from disk with ranges, by redirect, or passed on safely."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from runs.engine.http import media
from runs.engine.models import Asset, Render, RuntimeNode
from runs.models import Output
from tests.factories import make_input, make_output, make_run
from tests.run_page.conftest import set_fault

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import Settings

    from tests.run_page.conftest import Files, RemoteRun

pytestmark = pytest.mark.django_db

BYTES = bytes(range(256)) * 8
LONG_AGO = timezone.now() - timedelta(hours=2)


def get(client: Client, item: Any, part: str = "video", query: str = "", **headers: str) -> Any:
    kind = "output" if isinstance(item, Output) else "input"
    return client.get(reverse(f"runs:{kind}-{part}", args=[item.pk]) + query, headers=headers)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.fixture
def asset(settings: Settings) -> Asset:
    """A file in the engine's folder."""
    pk = uuid.uuid4()
    folder = settings.ENGINE_DIR / "assets" / str(pk)
    folder.mkdir(parents=True)
    (folder / "video.mp4").write_bytes(BYTES)
    (folder / "thumbnail.jpg").write_bytes(b"\xff\xd8jpeg")
    return Asset.objects.create(
        pk=pk, name="Clip", video_path=f"assets/{pk}/video.mp4", thumbnail_path=f"assets/{pk}/thumbnail.jpg"
    )


@pytest.fixture
def local(asset: Asset) -> Output:
    """An output whose video the embedded engine has on disk."""
    return make_output(make_run(), video_url=media.video_url(asset), thumbnail_url=media.thumbnail_url(asset))


def away(files: Files, **fields: Any) -> Output:
    """An output of a remote that is no engine of ours."""
    addresses = {"video_url": f"{files.origin}/v.mp4?signature=1", "thumbnail_url": f"{files.origin}/t.jpg"}
    return make_output(make_run(), **addresses | fields)


def test_our_own_file_is_read_from_disk(as_bob: Client, local: Output) -> None:
    answer = get(as_bob, local)
    assert (answer.status_code, body(answer)) == (200, BYTES)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert body(get(as_bob, local, "thumbnail")) == b"\xff\xd8jpeg"


def test_a_range_of_it_is_a_part(as_bob: Client, local: Output) -> None:
    answer = get(as_bob, local, range="bytes=10-19")
    assert (answer.status_code, body(answer)) == (206, BYTES[10:20])
    assert answer.headers["Content-Range"] == f"bytes 10-19/{len(BYTES)}"
    assert get(as_bob, local, range="bytes=99999-").status_code == 416


def test_a_download_has_a_telling_name(as_bob: Client, local: Output) -> None:
    name = get(as_bob, local, query="?download").headers["Content-Disposition"]
    assert name.startswith('attachment; filename="agent-')
    assert local.remote_id[:8] in name
    assert "Content-Disposition" not in get(as_bob, local).headers


def test_head_answers_without_a_body(as_bob: Client, local: Output) -> None:
    answer = as_bob.head(reverse("runs:output-video", args=[local.pk]))
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(len(BYTES)))
    assert as_bob.post(reverse("runs:output-video", args=[local.pk])).status_code == 405


def test_an_input_has_addresses_of_its_own(as_bob: Client, asset: Asset) -> None:
    item = make_input(make_run(), video_url=media.video_url(asset), thumbnail_url="")
    assert body(get(as_bob, item)) == BYTES
    assert "no-thumbnail" in get(as_bob, item, "thumbnail").headers["Location"]


@pytest.mark.parametrize("part", ["video", "thumbnail", "premiere"])
def test_strangers_get_404_and_the_logged_out_the_login_form(
    as_charlie: Client, client: Client, local: Output, part: str
) -> None:
    assert get(as_charlie, local, part).status_code == 404
    assert get(client, local, part).headers["Location"].startswith(reverse("runs:login"))


def test_a_listed_origin_is_redirected_to(as_bob: Client, settings: Settings, elsewhere: Files) -> None:
    settings.MOSAIC_MEDIA_ORIGINS = [elsewhere.origin]
    answer = get(as_bob, away(elsewhere))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{elsewhere.origin}/v.mp4?signature=1")
    assert elsewhere.asked == []


def test_an_origin_that_only_looks_listed_is_not_redirected_to(as_bob: Client, settings: Settings) -> None:
    settings.MOSAIC_MEDIA_ORIGINS = ["https://media.example"]
    item = make_output(make_run(), video_url="https://media.example.evil.invalid/v.mp4")
    assert get(as_bob, item).status_code == 502


def test_any_other_origin_is_passed_on_with_its_ranges(as_bob: Client, settings: Settings, elsewhere: Files) -> None:
    settings.MOSAIC_FETCH_ALLOW = ["127.0.0.1"]
    elsewhere.files["/v.mp4?signature=1"] = (200, "video/mp4", BYTES)
    item = away(elsewhere)
    assert body(get(as_bob, item)) == BYTES
    part = get(as_bob, item, range="bytes=5-9")
    assert (part.status_code, body(part)) == (206, BYTES[5:10])
    assert part.headers["Content-Range"] == f"bytes 5-9/{len(BYTES)}"
    assert elsewhere.asked[-1] == ("/v.mp4?signature=1", "bytes=5-9")


def test_private_addresses_are_refused_unless_allowed(as_bob: Client, elsewhere: Files) -> None:
    answer = get(as_bob, away(elsewhere))
    assert answer.status_code == 502
    assert "private or reserved address" in answer.content.decode()
    assert elsewhere.asked == []


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_a_page_in_place_of_the_video_is_never_passed_on(
    as_bob: Client, settings: Settings, elsewhere: Files, kind: str
) -> None:
    settings.MOSAIC_FETCH_ALLOW = ["127.0.0.1"]
    elsewhere.files["/v.mp4?signature=1"] = (200, kind, b"<script>")
    assert get(as_bob, away(elsewhere)).status_code == 502


def test_a_picture_that_is_none_becomes_our_drawing(as_bob: Client, settings: Settings, elsewhere: Files) -> None:
    settings.MOSAIC_FETCH_ALLOW = ["127.0.0.1"]
    item = away(elsewhere)
    for answer in ((404, "text/plain", b"no"), (200, "image/svg+xml", b"<svg onload=x>")):
        elsewhere.files["/t.jpg"] = answer
        assert "no-thumbnail" in get(as_bob, item, "thumbnail").headers["Location"]
    elsewhere.files["/t.jpg"] = (200, "image/jpeg", b"jpeg")
    assert body(get(as_bob, item, "thumbnail")) == b"jpeg"


def test_what_never_was_is_404_with_a_sentence(as_bob: Client) -> None:
    answer = get(as_bob, make_output(make_run(), premiere_url=""), "premiere")
    assert answer.status_code == 404
    assert answer.content == b"There is no such file.\n"


@pytest.fixture
def rendered(remote_run: RemoteRun, asset: Asset) -> Output:
    """An output that the engine can be asked about again."""
    run = remote_run("completed", mirror="completed")
    node = RuntimeNode.objects.get(run__pk=str(run.remote_id), node_type_id__startswith="71156aca")
    RuntimeNode.objects.filter(pk=node.pk).update(is_leaf=True)
    render = Render.objects.create(node=node, video_path=asset.video_path, thumbnail_path=asset.thumbnail_path)
    return make_output(run, remote_id=str(render.pk), video_url=media.video_url(render), refreshed_at=LONG_AGO)


def test_an_expired_address_is_read_anew_once(as_bob: Client, rendered: Output) -> None:
    old = media.expired(rendered.video_url)
    Output.objects.filter(pk=rendered.pk).update(video_url=old)
    assert body(get(as_bob, rendered)) == BYTES
    fresh = Output.objects.get(pk=rendered.pk)
    assert fresh.video_url != old
    assert fresh.refreshed_at > LONG_AGO


def test_an_expired_address_that_stays_expired_is_a_sentence(as_bob: Client, rendered: Output) -> None:
    Output.objects.filter(pk=rendered.pk).update(video_url=media.expired(rendered.video_url))
    set_fault("expired_media", times=9)
    answer = get(as_bob, rendered)
    assert answer.status_code == 502
    assert "no longer has this file" in answer.content.decode()
    assert "no-thumbnail" in get(as_bob, rendered, "thumbnail").headers["Location"]


def test_an_old_address_is_still_tried_when_the_remote_is_away(
    as_bob: Client, settings: Settings, elsewhere: Files, rendered: Output
) -> None:
    settings.MOSAIC_FETCH_ALLOW = ["127.0.0.1"]
    elsewhere.files["/v.mp4"] = (200, "video/mp4", BYTES)
    Output.objects.filter(pk=rendered.pk).update(video_url=f"{elsewhere.origin}/v.mp4")
    set_fault("refuse", path="/agent_run", times=9)
    assert body(get(as_bob, rendered)) == BYTES


def test_a_file_that_left_the_disk_is_a_sentence(
    as_bob: Client, local: Output, asset: Asset, settings: Settings
) -> None:
    (settings.ENGINE_DIR / asset.video_path).unlink()
    answer = get(as_bob, local)
    assert answer.status_code == 502
