"""Every node type of this engine by its id: those it can do, each in a file of its own, and those known by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from runs.engine.nodes.clips import CLIPS
from runs.engine.nodes.known import KNOWN
from runs.engine.nodes.mirror import MIRROR
from runs.engine.nodes.reframe import REFRAME
from runs.engine.nodes.silence_removal import SILENCE_REMOVAL
from runs.engine.nodes.video_input import VIDEO_INPUT
from runs.engine.nodes.watermark import WATERMARK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runs.engine.nodes.base import NodeType

# The types that do real work.
WORKING: tuple[NodeType, ...] = (VIDEO_INPUT, SILENCE_REMOVAL, CLIPS, MIRROR, REFRAME, WATERMARK)

CATALOGUE: Mapping[str, NodeType] = MappingProxyType({kind.id: kind for kind in (*WORKING, *KNOWN)})
