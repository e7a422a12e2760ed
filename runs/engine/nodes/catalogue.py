"""Every node type of this engine by its id: those it can do, each in a file of its own, and those known by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from runs.engine.nodes.known import KNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runs.engine.nodes.base import NodeType

# The types that do real work: Video Input, Silence Removal, Clips, Mirror, Reframe, Watermark.
WORKING: tuple[NodeType, ...] = ()

CATALOGUE: Mapping[str, NodeType] = MappingProxyType({kind.id: kind for kind in (*WORKING, *KNOWN)})
