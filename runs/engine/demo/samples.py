"""Sample agents and the sample clip: there from the first start, put right at every later one."""

from __future__ import annotations

import logging
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from runs.engine.demo import sample_clip
from runs.engine.demo.sample_agents import SAMPLE_ASSET_ID, SAMPLES
from runs.engine.http import media
from runs.engine.models import Asset, EngineAgent, TemplateEdge, TemplateNode
from runs.engine.nodes.base import NodeError
from runs.engine.rendering.ffmpeg import Runner

if TYPE_CHECKING:
    from datetime import datetime

    from runs.engine.demo.sample_agents import Sample

logger = logging.getLogger(__name__)
CLIP_FILE = "sample-clip.mp4"
THUMBNAIL_FILE = "sample-clip.jpg"


def ensure() -> None:
    """Make what is missing. May be called at every start, and by several processes one after another."""
    ensure_agents()
    ensure_clip()


def ensure_agents() -> None:
    """Store the sample agents; one that somebody has changed since is left as it is."""
    now = timezone.now()
    for number, sample in enumerate(SAMPLES):
        # The first sample is the newest, so that it stands first in lists.
        _store(sample, now - timedelta(seconds=number))


def ensure_clip() -> Path:
    """Render the sample clip if it is not there, and know it under its fixed asset id. Returns where it is."""
    folder: Path = settings.ENGINE_DIR / media.SAMPLES
    folder.mkdir(parents=True, exist_ok=True)
    clip, thumbnail = folder / CLIP_FILE, folder / THUMBNAIL_FILE
    if not clip.exists():
        _make(folder, clip, thumbnail)
    Asset.objects.get_or_create(
        pk=SAMPLE_ASSET_ID,
        defaults={
            "name": "Sample clip",
            "video_path": f"{media.SAMPLES}/{CLIP_FILE}",
            "thumbnail_path": f"{media.SAMPLES}/{THUMBNAIL_FILE}" if thumbnail.exists() else "",
        },
    )
    return clip


def sample_url() -> str:
    """The sample clip's lasting address."""
    return media.sample_url(CLIP_FILE)


def _make(folder: Path, clip: Path, thumbnail: Path) -> None:
    """Render aside and rename, the clip last: where the clip is, everything is whole."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as aside:
        runner = Runner(Path(aside))
        made, picture = Path(aside) / CLIP_FILE, Path(aside) / THUMBNAIL_FILE
        sample_clip.make(runner, made)
        try:
            runner.run(["-ss", "2", "-i", f"file:{made}", "-frames:v", "1", "-q:v", "4", f"file:{picture}"])
            picture.replace(thumbnail)
        except NodeError:
            logger.warning("the sample clip has no thumbnail", exc_info=True)
        made.replace(clip)


@transaction.atomic
def _store(sample: Sample, created_at: datetime) -> None:
    agent, is_new = EngineAgent.objects.get_or_create(
        pk=sample.id,
        defaults={
            "name": sample.name,
            "description": sample.description,
            "created_at": created_at,
            "updated_at": created_at,
        },
    )
    if not is_new and (_is_changed_by_somebody(agent) or _is_as_described(agent, sample)):
        return
    agent.name, agent.description = sample.name, sample.description
    agent.save(update_fields=["name", "description"])
    agent.nodes.all().delete()
    TemplateNode.objects.bulk_create(
        TemplateNode(
            id=sample.node_id(name),
            agent=agent,
            node_type_id=step.node_type_id,
            params=dict(step.params),
            position=position,
        )
        for position, (name, step) in enumerate(sample.steps.items())
    )
    TemplateEdge.objects.bulk_create(
        TemplateEdge(agent=agent, source_id=sample.node_id(before), target_id=sample.node_id(name))
        for name, step in sample.steps.items()
        for before in step.after
    )


def _is_changed_by_somebody(agent: EngineAgent) -> bool:
    return agent.updated_at != agent.created_at


def _is_as_described(agent: EngineAgent, sample: Sample) -> bool:
    nodes = {node.pk: (node.node_type_id, node.params) for node in agent.nodes.all()}
    edges = set(agent.edges.values_list("source_id", "target_id"))
    return (
        (agent.name, agent.description) == (sample.name, sample.description)
        and nodes
        == {sample.node_id(name): (step.node_type_id, dict(step.params)) for name, step in sample.steps.items()}
        and edges
        == {
            (sample.node_id(before), sample.node_id(name))
            for name, step in sample.steps.items()
            for before in step.after
        }
    )
