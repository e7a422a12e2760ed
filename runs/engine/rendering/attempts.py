"""The folders of rendering: each attempt has its own, and publishing is one rename.

``attempts/<node>/<attempt>/`` is written to; ``renders/<node>/<attempt>/`` is served from and always whole. The
manifest inside says what was made, so that a finished folder whose worker was killed before it could be recorded is
recorded by the next attempt instead of being rendered again. ``attempts/<node>/`` stays as long as there may be
something to tidy up.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from runs.engine.execution import runtime
from runs.engine.models import Render, RuntimeNode
from runs.engine.nodes.base import NodeError
from runs.engine.rendering import leases

if TYPE_CHECKING:
    from uuid import UUID

    from runs.engine.nodes.base import Clip, Result
    from runs.engine.rendering.ffmpeg import Runner

MANIFEST = "result.json"
THUMBNAIL_WIDTH = 640


def open_folder(node: RuntimeNode) -> Path:
    """A folder for this attempt alone: named by the lease's token too, which no other attempt shares."""
    folder: Path = settings.ENGINE_DIR / "attempts" / str(node.pk) / f"{node.attempts}-{leases.token_of(node).hex[:12]}"
    while True:
        # A sweep may take the empty parent away between its making and ours.
        with contextlib.suppress(FileNotFoundError):
            folder.mkdir(parents=True, exist_ok=True)
            return folder


def publish(node: RuntimeNode, folder: Path, result: Result, runner: Runner) -> Path:
    """Measure and picture what was made, write the manifest, and move the whole folder with one rename."""
    videos = []
    for index, video in enumerate(result.videos):
        clip = runner.probe(video)
        thumbnail = folder / f"{index}.jpg"
        make_thumbnail(runner, clip, thumbnail)
        videos.append(
            {
                "video": video.name,
                "thumbnail": thumbnail.name if thumbnail.exists() else "",
                "duration_ms": clip.duration_ms,
                "width": clip.width,
                "height": clip.height,
                "size_bytes": video.stat().st_size,
            }
        )
    text = json.dumps({"videos": videos, "message": result.message, "failures": list(result.failures)})
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    target: Path = settings.ENGINE_DIR / "renders" / str(node.pk) / folder.name
    target.parent.mkdir(parents=True, exist_ok=True)
    return folder.rename(target)


def find_published(node: RuntimeNode) -> Path | None:
    """What an earlier attempt published and could not record any more."""
    found = sorted((settings.ENGINE_DIR / "renders" / str(node.pk)).glob(f"*/{MANIFEST}"))
    return found[0].parent if found else None


def record(node: RuntimeNode, folder: Path) -> bool:
    """Make a published folder count; False when the lease is not ours any more, and then it waits for whose it is."""
    made = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    base = folder.relative_to(settings.ENGINE_DIR)
    renders = [
        Render(
            video_path=str(base / item["video"]),
            thumbnail_path=str(base / item["thumbnail"]) if item["thumbnail"] else "",
            duration_ms=item["duration_ms"],
            width=item["width"],
            height=item["height"],
            size_bytes=item["size_bytes"],
        )
        for item in made["videos"]
    ]
    return runtime.complete(node, leases.token_of(node), renders, made["message"], made["failures"])


def make_thumbnail(runner: Runner, clip: Clip, path: Path) -> None:
    """A typical frame from the beginning; a video that shows none has no thumbnail."""
    start = min(clip.duration_ms / 10_000, 5)
    filters = f"thumbnail=n=50,scale='min({THUMBNAIL_WIDTH},iw)':-2"
    with contextlib.suppress(NodeError):
        runner.run(
            [
                *("-ss", f"{start:.3f}", "-i", f"file:{clip.path}", "-vf", filters),
                *(
                    "-frames:v",
                    "1",
                    "-q:v",
                    "4",
                    "-pix_fmt",
                    "yuvj420p",
                    "-f",
                    "image2",
                    "-update",
                    "1",
                    f"file:{path}",
                ),
            ]
        )


def tidy(node_id: UUID) -> None:
    """Remove a node's abandoned attempts, and published folders that do not count because another one does.

    What there is to remove is listed before the lease is looked at: a folder that appears later belongs to somebody.
    """
    attempts = settings.ENGINE_DIR / "attempts" / str(node_id)
    abandoned = _children(attempts)
    published = _children(settings.ENGINE_DIR / "renders" / str(node_id))
    node = RuntimeNode.objects.filter(pk=node_id).first()
    if node is not None and leases.is_live(node):
        return
    for folder in abandoned:
        shutil.rmtree(folder, ignore_errors=True)
    if node is None or node.status in runtime.DONE:
        paths = Render.objects.filter(node=node_id).values_list("video_path", flat=True)
        counted = {Path(path).parent.name for path in paths}
        # A node that is done without any render has a published folder too: nothing else was published beside it.
        for folder in published if counted else []:
            if folder.name not in counted:
                shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        attempts.rmdir()


def sweep() -> None:
    """Tidy up after every attempt that was killed; never anything with a live lease."""
    for folder in _children(settings.ENGINE_DIR / "attempts"):
        with contextlib.suppress(ValueError):
            tidy(uuid.UUID(folder.name))


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
