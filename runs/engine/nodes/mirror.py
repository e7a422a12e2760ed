"""Mirror: turns the picture over, left to right or top to bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runs.engine.nodes import encoding
from runs.engine.nodes.base import Clip, NodeType, Param, Result, Work

if TYPE_CHECKING:
    from pathlib import Path

_FILTERS = {"horizontal": "hflip", "vertical": "vflip", "both": "hflip,vflip"}


def work(work: Work) -> Result:
    """One mirrored render for each incoming one; the sound stays as it is."""
    return encoding.for_each(work, _mirror)


def _mirror(work: Work, clip: Clip, path: Path) -> str:
    encoding.change_picture(work, clip, path, _FILTERS[str(work.params["direction"])])
    return ""


MIRROR = NodeType(
    id="71156aca-3e21-45b0-8960-099dba07c83a",
    name="Mirror",
    slug="mirror",
    params=(
        Param(
            "direction",
            "enum",
            "horizontal",
            enum=tuple(_FILTERS),
            engine_only=True,
            help="Which way the picture is turned over: left to right, top to bottom, or both.",
            source="engine",
        ),
    ),
    cost=2,
    work=work,
)
