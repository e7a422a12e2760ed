"""Positions in, boxes and lines out: everything the SVG template needs, so that it only has to write it down.

Positions are what :mod:`runs.layout` stored: pixels, the origin top left. Boxes have one size, because a picture is
looked at beside others and node names are short.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runs.graph.bypass import bypass, detours
from runs.graph.values import Graph, GraphNode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

BOX_WIDTH, BOX_HEIGHT = 188, 56
MARGIN = 14
# How far above a bypassed box its replacement line runs; less than MARGIN and than half the space between rows.
CLEARANCE = 11
# Names of more characters than fit for certain are set to the room there is; still longer ones are cut.
NAME_FITS, NAME_LENGTH, NAME_WIDTH = 16, 20, 128
# Every line arrives from the left; the head is part of its path.
ARROW_HEAD = "m-5,-4l5,4l-5,4"
UNKNOWN_ICON = "box"
TYPE_ICONS = {
    "9451e6ff-ac7f-4317-9055-a2f35f641b29": "clapperboard",  # Video Input
    "e6098dd4-4a6e-470f-981e-2618c11eee21": "scissors",  # Rough Cut
    "bcc5cb04-76b7-48e9-a344-0e8a29c19be0": "gallery-horizontal-end",  # Clips
    "a22d0b93-2bbf-479d-8efd-d446163982e8": "volume-x",  # Silence Removal
    "0e3a90e4-173f-42fc-b7ef-0df6a062e26c": "crop",  # Reframe
    "cdccb204-168e-4aec-aa72-480b11e74324": "captions",  # Captions
    "dfa94b02-6a18-4922-9613-636bd202d69d": "captions",  # Cinematic Captions
    "19144346-8714-4a02-b19c-32c18bd1ad13": "shapes",  # Motion Graphics
    "2160392b-ebe8-4f3d-b81e-fd11bdbbeb77": "film",  # AI B-Roll
    "3b281fb9-9eb2-40f6-b05b-4b6f909a3da9": "music",  # AI Music
    "9570c960-b32b-4e4d-8871-5775d886f7cb": "mic",  # AI Voiceover
    "14abd0c1-402c-40b8-8ec8-defd951efe01": "languages",  # Voice
    "425274c9-7735-4cf2-b7cb-46c6a7f0066a": "audio-lines",  # Audio Enhance
    "8254e1f8-dfea-42f9-90d8-aa91ec859bec": "palette",  # Color Correction
    "6808af58-2d9a-4e3b-aacb-2d9c143b7729": "stamp",  # Watermark
    "ef3f8d59-26be-4ea0-b655-9a08b10577cc": "panel-left",  # Intro
    "cf517f33-3f78-4d55-88c2-a7d8478f8ef9": "panel-right",  # Outro
    "71156aca-3e21-45b0-8960-099dba07c83a": "flip-horizontal-2",  # Mirror
    "b3b4c9e2-2a47-4fa9-8ce8-0c1fa1d7b6ef": "circle-user",  # AI Avatar
    "d898f2b1-3151-4231-a4d4-dd4d5a020b05": "sparkles",  # AI Content Generation
    "a2eb3ec2-da7a-4f97-94d2-a9a537548522": "wand-sparkles",  # Video Generation
    "14687f30-5fd0-468f-8239-2784d83df95b": "audio-waveform",  # Audio Generation
    "18b998a0-2ea7-4676-a5d3-3ae6c8ac0b72": "image",  # Image Generation
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What a page wants to say at a node.

    ``status`` becomes ``data-node-status``; ``label`` is the word under the name, ``icon`` the Lucide name beside it;
    ``badge`` is short (``×5``, ``3/5``) and ``badge_label`` says it in words; ``href`` is where a click leads.
    """

    status: str = ""
    tone: str = "neutral"
    label: str = ""
    icon: str = ""
    badge: str = ""
    badge_label: str = ""
    href: str = ""
    bypassed: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A node as it is drawn; ``x`` and ``y`` are its top left corner."""

    node: GraphNode
    name: str
    x: float
    y: float
    icon: str
    mark: Mark

    @property
    def short_name(self) -> str:
        """The name as far as it fits into the box."""
        return self.name if len(self.name) <= NAME_LENGTH else f"{self.name[: NAME_LENGTH - 1].rstrip()}…"

    @property
    def set_width(self) -> int:
        """The width a long name is set to, whatever the font; 0 for names that fit anyway."""
        return NAME_WIDTH if len(self.short_name) > NAME_FITS else 0

    @property
    def title(self) -> str:
        """Everything the box says, in words: the tooltip and the accessible name."""
        return ", ".join(part for part in (self.name, self.mark.label, self.mark.badge_label) if part)

    @property
    def badge_width(self) -> int:
        """Wide enough for the badge's characters."""
        return 14 + 7 * len(self.mark.badge)

    @property
    def badge_x(self) -> int:
        """The badge sits on the upper edge, at its right end."""
        return BOX_WIDTH - self.badge_width - 10

    @property
    def badge_middle(self) -> float:
        """Where the badge's text is centred."""
        return self.badge_x + self.badge_width / 2


@dataclass(frozen=True, slots=True)
class Line:
    """A connection as an SVG path with its head.

    ``kind`` is ``plain``, ``detour`` (a join made by a bypass) or ``faint`` (what the join replaces).
    """

    source: str
    target: str
    path: str
    kind: str = "plain"
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole drawing, in pixels."""

    width: float
    height: float
    boxes: Sequence[Box] = ()
    lines: Sequence[Line] = ()
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT
    # Each icon is written down once and used by its id.
    icons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thumb:
    """A drawing without words, made of positions alone: ``boxes`` are ``(x, y, is a source)``, ``lines`` are paths."""

    width: float
    height: float
    boxes: Sequence[tuple[float, float, bool]]
    lines: Sequence[str]
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


def thumb(positions: Mapping[str, Any]) -> Thumb | None:
    """The small drawing of a stored layout; None for an empty one."""
    places: Mapping[str, Any] = positions.get("nodes") or {}
    lines = [line for line in positions.get("lines") or () if len(line) == 3]
    if not places:
        return None
    targets = {line[1] for line in lines}
    width, height = positions.get("size") or (0, 0)
    return Thumb(
        width=max(width, *(x + BOX_WIDTH for x, _ in places.values())),
        height=max(height, *(y + BOX_HEIGHT for _, y in places.values())),
        boxes=[(x, y, node_id not in targets) for node_id, (x, y) in places.items()],
        lines=[path for line in lines if (path := _curve(line[2]))],
    )


def type_icon(type_id: str) -> str:
    """The Lucide icon of a node type."""
    return TYPE_ICONS.get(type_id, UNKNOWN_ICON)


def picture(
    graph: Graph,
    positions: Mapping[str, Any] | None,
    marks: Mapping[str, Mark] | None = None,
    ignore_nodes: Collection[str] = (),
) -> Picture | None:
    """Draw the graph at stored positions; None when there are none yet.

    With ``ignore_nodes`` the bypassed boxes stay where they are and the lines lead past them, as the runtime graph
    will. A node the positions do not know (they are for another graph) makes the whole picture None.
    """
    places = (positions or {}).get("nodes") or {}
    if not graph.nodes or any(node.id not in places for node in graph.nodes):
        return None
    marks = marks or {}
    boxes = [
        Box(
            node=node,
            name=graph.names[node.id],
            x=places[node.id][0],
            y=places[node.id][1],
            icon=type_icon(node.type_id),
            mark=marks.get(node.id, Mark()),
        )
        for node in graph.nodes
    ]
    # Reading order, which is also the order of the Tab key.
    boxes.sort(key=lambda box: (box.x, box.y))
    names = {box.icon for box in boxes} | {box.mark.icon for box in boxes if box.mark.icon}
    width, height = (positions or {}).get("size") or (0, 0)
    return Picture(
        width=max(width, *(box.x + BOX_WIDTH for box in boxes)),
        height=max(height, *(box.y + BOX_HEIGHT for box in boxes)),
        boxes=boxes,
        lines=_lines(graph, positions or {}, {box.node.id: box for box in boxes}, set(ignore_nodes)),
        icons={name: f"graph-icon-{name}" for name in sorted(names)},
    )


def _lines(graph: Graph, positions: Mapping[str, Any], boxes: Mapping[str, Box], ignored: set[str]) -> list[Line]:
    """Stored curves where the layout has them, our own where a bypass joins what was not joined before."""
    curves = {(item[0], item[1]): item[2] for item in positions.get("lines") or () if len(item) == 3}
    found = [
        Line(source, target, _plain(curves.get((source, target)), boxes[source], boxes[target]), "faint")
        for source, target in graph.links
        if ignored & {source, target}
    ]
    ways = detours(graph, ignored)
    for source, target in (bypass(graph, ignored) if ignored else graph).links:
        way = ways.get((source, target))
        if way:
            path = _around(boxes[source], [boxes[node_id] for node_id in way], boxes[target])
        else:
            path = _plain(curves.get((source, target)), boxes[source], boxes[target])
        tone = boxes[source].mark.tone
        found.append(Line(source, target, path + ARROW_HEAD, "detour" if way else "plain", tone))
    return found


def _plain(points: Sequence[Sequence[float]] | None, source: Box, target: Box) -> str:
    return _curve(points) or _between(source, target)


def _curve(points: Sequence[Sequence[float]] | None) -> str:
    """Graphviz' chain of Bézier curves (1 + 3n points) as an SVG path; empty when it is none."""
    if not points or len(points) % 3 != 1:
        return ""
    return f"M{_at(*points[0])}C" + " ".join(_at(*point) for point in points[1:])


def _between(source: Box, target: Box) -> str:
    """One calm curve from the right side of a box to the left side of another."""
    return _bend(source.x + BOX_WIDTH, source.y + BOX_HEIGHT / 2, target.x, target.y + BOX_HEIGHT / 2)


def _around(source: Box, way: Sequence[Box], target: Box) -> str:
    """A line that runs just above the bypassed boxes it replaces."""
    path, x, y = "", source.x + BOX_WIDTH, source.y + BOX_HEIGHT / 2
    for box in way:
        path += _bend(x, y, box.x, box.y - CLEARANCE, start=not path) + f"H{_number(box.x + BOX_WIDTH)}"
        x, y = box.x + BOX_WIDTH, box.y - CLEARANCE
    return path + _bend(x, y, target.x, target.y + BOX_HEIGHT / 2, start=not path)


def _bend(x1: float, y1: float, x2: float, y2: float, *, start: bool = True) -> str:
    reach = max(abs(x2 - x1) / 2, 24)
    move = f"M{_at(x1, y1)}" if start else ""
    return f"{move}C{_at(x1 + reach, y1)} {_at(x2 - reach, y2)} {_at(x2, y2)}"


def _at(x: float, y: float) -> str:
    return f"{_number(x)},{_number(y)}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
