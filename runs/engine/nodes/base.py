"""What every node type says of itself, and what it is handed when it works."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from runs.engine.rendering.facts import Facts

ParamType = Literal["string", "integer", "number", "boolean", "enum", "color", "id", "array", "object"]


class NodeError(Exception):
    """The node cannot do its work; the message is a sentence for an editor."""


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a node type.

    ``engine_only`` marks keys that Mosaic's documentation does not name: the dashboard never sends them to Mosaic.
    ``minimum`` and ``maximum`` are inclusive; out of bounds is HTTP 422, a wrong type 400.
    ``source`` names the documentation page, or says ``engine``.
    """

    key: str
    type: ParamType
    default: Any = None
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    nullable: bool = False
    unit: str = ""
    engine_only: bool = False
    ignored_locally: bool = False
    help: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Clip:
    """A video file on disk and its measured facts."""

    path: Path
    duration_ms: int
    width: int
    height: int
    has_audio: bool


class FFmpeg(Protocol):
    """Runs FFmpeg for one attempt: argument lists only, bounded in time, ended when the run is cancelled."""

    def run(self, arguments: Sequence[str]) -> str:
        """Run to the end and return what FFmpeg wrote to stderr; raises :class:`NodeError` with its last lines."""

    def probe(self, path: Path) -> Clip:
        """Measure a file; raises :class:`NodeError` when it is no video that may be used."""

    def facts(self, path: Path) -> Facts:
        """What a file is made of, whatever its size; raises :class:`NodeError` when it has no moving picture."""


@dataclass(frozen=True, slots=True)
class Work:
    """One attempt of one node.

    ``folder`` is this attempt's own; the node leaves its results there as ``0.mp4``, ``1.mp4`` …
    ``params`` has every key of the node type, defaults filled in. ``inputs`` are the incoming renders.
    """

    ffmpeg: FFmpeg
    folder: Path
    inputs: Sequence[Clip]
    params: Mapping[str, Any]
    # Video Input only: {"video_url": …} or {"node_render_id": …} or {"video_id": …}.
    source: Mapping[str, Any] | None = None
    # Asked by what takes long and is not FFmpeg (a download): its yes means that nobody wants the result any more.
    stopped: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Result:
    """The files a node made, in order, and a sentence when there is something to say.

    ``failures`` are sentences about incoming renders that could not be worked on while others could.
    """

    videos: Sequence[Path]
    message: str = ""
    failures: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class NodeType:
    """A kind of processing step. ``work`` is None for types known by name only: they fail with a sentence."""

    id: str
    name: str
    slug: str
    params: tuple[Param, ...] = ()
    cost: int = 0
    is_source: bool = False
    is_generation: bool = False
    fans_out: bool = False
    work: Callable[[Work], Result] | None = None
