"""Media addresses: signed, expiring, fresh on each read; files with ranges."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests
from django.utils import timezone

from runs.engine.http import media
from runs.engine.models import Asset

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

VIDEO, PICTURE = b"video" * 1000, b"picture" * 10


@pytest.fixture
def clip(db: None, settings: Settings, tmp_path: Path) -> Asset:
    settings.ENGINE_DIR = tmp_path
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "a-clip.mp4").write_bytes(VIDEO)
    (tmp_path / "samples" / "a-clip.jpg").write_bytes(PICTURE)
    return Asset.objects.create(name="A", video_path="samples/a-clip.mp4", thumbnail_path="samples/a-clip.jpg")


def local(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def test_absolute_and_different_on_each_read(clip: Asset, settings: Settings) -> None:
    first, second = media.video_url(clip), media.video_url(clip)
    assert first != second
    assert first.startswith(f"{settings.PUBLIC_URL}/engine/media/assets/{clip.pk}/video.mp4?expires=")


def test_served_to_whoever_has_the_address(client: Client, clip: Asset) -> None:
    response = client.get(local(media.video_url(clip)))
    assert (response.status_code, response["Content-Type"]) == (200, "video/mp4")
    assert b"".join(response) == VIDEO
    thumbnail = media.thumbnail_url(clip)
    assert thumbnail
    response = client.get(local(thumbnail))
    assert (response["Content-Type"], b"".join(response)) == ("image/jpeg", PICTURE)


def test_ranges_over_a_real_socket(server: str, clip: Asset) -> None:
    url = media.video_url(clip)
    assert url.startswith(server)
    part = requests.get(url, headers={"Range": "bytes=10-14"}, timeout=5)
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"video", "bytes 10-14/5000")
    assert requests.get(url, headers={"Range": "bytes=5000-"}, timeout=5).status_code == 416
    head = requests.head(url, timeout=5)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "5000", b"")
    assert requests.get(url, timeout=5).content == VIDEO
    assert requests.post(url, timeout=5).status_code == 405


@pytest.mark.parametrize("change", ["expires", "signature", "path", "none", "later"])
def test_changed_addresses(client: Client, clip: Asset, change: str) -> None:
    url = media.video_url(clip)
    parts = urlsplit(url)
    expires = parts.query.split("&")[0].removeprefix("expires=")
    changed = {
        "expires": url.replace(expires, "abc"),
        "signature": url[:-1] + ("0" if url[-1] != "0" else "1"),
        "path": url.replace("video.mp4", "thumbnail.jpg"),
        "none": url.partition("?")[0],
        "later": url.replace(expires, str(int(expires) + 1)),
    }[change]
    response = client.get(local(changed))
    assert (response.status_code, response.json()["error"]) == (403, "forbidden")
    assert media.path_of(changed) is None


def test_expiry(client: Client, clip: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    url = media.video_url(clip)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=7, seconds=-2))
    assert client.get(local(url)).status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=7, seconds=2))
    assert client.get(local(url)).status_code == 403
    assert media.path_of(url) is None


def test_another_secret_key_makes_other_signatures(client: Client, clip: Asset, settings: Settings) -> None:
    url = media.video_url(clip)
    settings.SECRET_KEY = "another"
    assert client.get(local(url)).status_code == 403


def test_a_file_that_is_gone(client: Client, clip: Asset, tmp_path: Path) -> None:
    url = media.video_url(clip)
    (tmp_path / "samples" / "a-clip.mp4").unlink()
    assert client.get(local(url)).status_code == 404
    assert media.path_of(url) is None


def test_never_outside_the_folder(clip: Asset, tmp_path: Path) -> None:
    (tmp_path.parent / "secret.mp4").write_bytes(b"secret")
    Asset.objects.filter(pk=clip.pk).update(video_path="../secret.mp4")
    assert media.path_of(media.video_url(clip)) is None


def test_paths_of_our_own_addresses(clip: Asset, settings: Settings, tmp_path: Path) -> None:
    url = media.video_url(clip)
    here = tmp_path / "samples" / "a-clip.mp4"
    assert media.path_of(url) == here
    assert media.path_of(url.replace("127.0.0.1", "localhost")) == here
    assert media.path_of(media.sample_url("a-clip.mp4")) == here
    settings.PUBLIC_URL = "https://runs.example.org"
    settings.ALLOWED_HOSTS = ["127.0.0.1", "runs.example.org"]
    assert media.path_of(media.video_url(clip)) == here
    assert media.path_of(url) == here


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/engine/samples/a-clip.mp4",
        "http://127.0.0.1:9/engine/samples/a-clip.mp4",
        "http://127.0.0.1:8000/engine/samples/none.mp4",
        "http://127.0.0.1:8000/engine/samples/a-clip.mp4/more",
        "http://127.0.0.1:8000/engine/samples/../samples/a-clip.mp4x",
        "http://127.0.0.1:8000/engine/samples/a-clip.jpg",
        "http://127.0.0.1:8000/engine/media/assets/nonsense/video.mp4",
        "file:///etc/passwd",
        "http://[",
        "",
    ],
)
def test_paths_of_others(clip: Asset, url: str) -> None:
    assert media.path_of(url) is None


def test_samples_need_no_signature(client: Client, clip: Asset) -> None:
    response = client.get("/engine/samples/a-clip.mp4")
    assert b"".join(response) == VIDEO
    assert client.get("/engine/samples/none.mp4").status_code == 404
    assert client.get("/engine/samples/a-clip.jpg").status_code == 404
    assert client.post("/engine/samples/a-clip.mp4").status_code == 405
