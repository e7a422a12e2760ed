"""Runs of two nodes on a tiny clip, and node types that do what a test wants."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from runs.engine.models import Asset, EngineAgent, EngineRun, RuntimeEdge, RuntimeNode
from runs.engine.nodes.base import NodeType, Result
from runs.engine.nodes.catalogue import CATALOGUE
from runs.engine.rendering import leases, render
from runs.engine.rendering.ffmpeg import Runner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_django.fixtures import Settings

    from runs.engine.nodes.base import Work

TYPES = {kind.name: kind.id for kind in CATALOGUE.values()}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of pattern with a tone."""
    path = tmp_path_factory.mktemp("tiny") / "tiny.mp4"
    Runner(path.parent).run(
        [
            *("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=0.5", "-f", "lavfi", "-i", "sine=d=0.5"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", f"file:{path}"),
        ]
    )
    return path


@pytest.fixture
def engine_dir(tmp_path: Path, settings: Settings) -> Path:
    """The engine's folder, of this test alone."""
    folder = tmp_path / "engine"
    settings.ENGINE_DIR = folder
    return folder


@pytest.fixture
def asset(engine_dir: Path, tiny: Path) -> Asset:
    """The tiny clip as something that runs may start from."""
    (engine_dir / "samples").mkdir(parents=True)
    (engine_dir / "samples" / "tiny.mp4").write_bytes(tiny.read_bytes())
    return Asset.objects.create(name="Tiny", video_path="samples/tiny.mp4")


@pytest.fixture
def make_run(asset: Asset) -> Callable[..., EngineRun]:
    """A run of a Video Input and of nodes in a row after it, named by their types."""

    def make(*names: str) -> EngineRun:
        agent = EngineAgent.objects.create(name="Chain")
        run = EngineRun.objects.create(agent=agent)
        before: RuntimeNode | None = None
        for position, name in enumerate(("Video Input", *names)):
            node = RuntimeNode.objects.create(
                run=run,
                original_node_id=uuid.uuid4(),
                node_type_id=TYPES.get(name, name),
                branch="a/0",
                position=position,
                source={"video_id": str(asset.pk)} if before is None else None,
                status="queued" if before is None else "not_started",
                queued_at=timezone.now() if before is None else None,
                is_leaf=position == len(names),
            )
            if before is not None:
                RuntimeEdge.objects.create(run=run, source=before, target=node)
            before = node
        return run

    return make


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Work], Result]], None]:
    """Replaces the work of Video Input."""

    def replace(work: Callable[[Work], Result]) -> None:
        kind = CATALOGUE[TYPES["Video Input"]]
        changed = NodeType(id=kind.id, name=kind.name, slug=kind.slug, cost=kind.cost, is_source=True, work=work)
        monkeypatch.setattr(render, "CATALOGUE", {**CATALOGUE, kind.id: changed})

    return replace


@pytest.fixture(autouse=True)
def awake() -> Any:
    """No test leaves the process shutting down."""
    yield
    leases._shutting_down.clear()


def only_node(run: EngineRun, position: int = 0) -> RuntimeNode:
    """The node at this place in the row."""
    return RuntimeNode.objects.get(run=run, position=position)
