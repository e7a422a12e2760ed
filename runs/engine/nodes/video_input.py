"""Video Input: brings a source in, as a file that every later step and every browser can read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from runs.engine.http import media
from runs.engine.models import Asset, Render
from runs.engine.nodes import encoding
from runs.engine.nodes.base import Clip, NodeError, NodeType, Result, Work
from runs.fetch import FetchError, fetch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from runs.engine.rendering.facts import Facts

MAX_SOURCE_BYTES = 5 * 1000**3
FETCH_SECONDS = 60 * 60

_YOUTUBE = ("youtube.com", "youtu.be", "youtube-nocookie.com")


def work(work: Work) -> Result:
    """One render: the source's streams as they are where that can be, else encoded anew with square, upright pixels."""
    source = work.source or {}
    path = _file_of(work, source)
    try:
        facts = work.ffmpeg.facts(path)
        clip = work.ffmpeg.probe(path)
        start, end = _range(source, clip)
        target = work.folder / "0.mp4"
        if facts.is_plain and start == 0 and end == clip.duration_ms:
            encoding.pass_through(work, clip, target)
        else:
            _encode(work, clip, facts, target, (start / 1000, end / 1000))
    finally:
        if path.parent == work.folder:
            path.unlink(missing_ok=True)
    return Result([target])


def _file_of(work: Work, source: Mapping[str, Any]) -> Path:
    if "video_id" in source:
        assets = Asset.objects.filter(pk=source["video_id"]).values_list("video_path", flat=True)
        return _on_disk(assets.first(), f"There is no video {source['video_id']} in this engine.")
    if "node_render_id" in source:
        renders = Render.objects.filter(pk=source["node_render_id"]).values_list("video_path", flat=True)
        return _on_disk(renders.first(), f"There is no output {source['node_render_id']} in this engine.")
    if "video_url" in source:
        return _from_address(work, str(source["video_url"]))
    raise NodeError("This Video Input was given no source.")


def _on_disk(relative: str | None, sentence: str) -> Path:
    if not relative:
        raise NodeError(sentence)
    path: Path = settings.ENGINE_DIR / relative
    if not path.is_file():
        raise NodeError("The file of this source is no longer on the disk.")
    return path


def _from_address(work: Work, url: str) -> Path:
    host = (urlsplit(url).hostname or "").rstrip(".")
    if any(host == name or host.endswith("." + name) for name in _YOUTUBE):
        raise NodeError(
            "The local engine does not download from YouTube. Use a direct link to a video file, or run this agent "
            "with a Mosaic API key."
        )
    own = media.path_of(url)
    if own is not None:
        return own
    if media.expired(url) != url:
        raise NodeError("This link to a video of the local engine has expired. Choose the video again.")
    path = work.folder / "source.bin"
    try:
        fetched = fetch(
            url,
            path,
            max_bytes=MAX_SOURCE_BYTES,
            timeout=FETCH_SECONDS,
            allow=settings.MOSAIC_FETCH_ALLOW,
            cancelled=work.stopped,
        )
    except FetchError as error:
        raise NodeError(str(error)) from error
    if fetched.content_type.lower().startswith("text/html"):
        path.unlink()
        raise NodeError(f"The address leads to a web page of {host}, not to a video file.")
    return path


def _range(source: Mapping[str, Any], clip: Clip) -> tuple[int, int]:
    """The part of the source that was asked for, in milliseconds."""
    start = int(source.get("input_clip_start_ms") or 0)
    end = min(int(source.get("input_clip_end_ms") or clip.duration_ms), clip.duration_ms)
    if start >= end:
        raise NodeError(f"The chosen range begins after the end of the video, which is {clip.duration_ms} ms long.")
    return start, end


def _encode(work: Work, clip: Clip, facts: Facts, target: Path, span: tuple[float, float]) -> None:
    # A thousandth beyond the end: rounding must not cost the last frame.
    cut = ["-ss", f"{span[0]:.3f}", "-t", f"{span[1] - span[0] + 0.001:.3f}"]
    shape = "scale=trunc(iw/2)*2:trunc(ih/2)*2" if facts.has_square_pixels else "scale=trunc(iw*sar/2)*2:trunc(ih/2)*2"
    work.ffmpeg.run(
        [
            *cut,
            *encoding.read(clip),
            *("-vf", f"{shape},setsar=1"),
            *encoding.PICTURE,
            *encoding.SOUND,
            *encoding.write(target),
        ]
    )


VIDEO_INPUT = NodeType(
    id="9451e6ff-ac7f-4317-9055-a2f35f641b29",
    name="Video Input",
    slug="input-tiles",
    cost=1,
    is_source=True,
    work=work,
)
