"""Watermark: lays a logo into a corner. The logo is drawn here, tile by tile; there is no picture file to ship."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runs.engine.nodes import encoding
from runs.engine.nodes.base import Clip, NodeError, NodeType, Param, Result, Work
from runs.engine.rendering import png

if TYPE_CHECKING:
    from pathlib import Path

_DOCS = "docs.mosaic.so/tiles/watermark"

_LETTERS = {
    "M": ("#   #", "## ##", "# # #", "# # #", "#   #", "#   #", "#   #"),
    "O": (" ### ", "#   #", "#   #", "#   #", "#   #", "#   #", " ### "),
    "S": (" ####", "#    ", "#    ", " ### ", "    #", "    #", "#### "),
    "A": (" ### ", "#   #", "#   #", "#####", "#   #", "#   #", "#   #"),
    "I": ("###", " # ", " # ", " # ", " # ", " # ", "###"),
    "C": (" ####", "#    ", "#    ", "#    ", "#    ", "#    ", " ####"),
}
_TILE = 16
# White in the middle, a soft dark rim: it can be read on bright and on dark pictures.
_WHITE = bytes((255, 255, 255, 255))
_RIM = bytes((16, 18, 32, 150))
_CLEAR = bytes(4)


def work(work: Work) -> Result:
    """One render with the logo on it for each incoming one; the sound stays as it is."""
    if work.params["use_custom_logo"] == "custom":
        image = work.params["image_id"]
        if not image:
            raise NodeError("A custom logo was asked for, but no image was chosen: set image_id, or use Mosaic's logo.")
        raise NodeError(
            f"There is no image {image} in the local engine: images cannot be uploaded to it yet. "
            "Set use_custom_logo to mosaic, or bypass this node."
        )
    (work.folder / "logo.png").write_bytes(logo())
    try:
        return encoding.for_each(work, _stamp)
    finally:
        (work.folder / "logo.png").unlink()


def _stamp(work: Work, clip: Clip, path: Path) -> str:
    width = encoding.even(clip.width * float(work.params["logo_size"]) / 100)
    opacity = float(work.params["logo_opacity"]) / 100
    down, across = str(work.params["logo_position"]).split("-")
    margin_x, margin_y = int(work.params["logo_margin_x"]), int(work.params["logo_margin_y"])
    left = str(margin_x) if across == "left" else f"W-w-{margin_x}"
    top = str(margin_y) if down == "top" else f"H-h-{margin_y}"
    work.ffmpeg.run(
        [
            *encoding.read(clip),
            *("-f", "png_pipe", "-i", f"file:{work.folder / 'logo.png'}"),
            "-filter_complex",
            f"[1:v]format=rgba,scale={width}:-2:flags=area,colorchannelmixer=aa={opacity:.3f}[logo];"
            f"[0:v][logo]overlay={left}:{top}:format=auto,format=yuv420p[out]",
            *("-map", "[out]", *encoding.PICTURE[2:], *encoding.SAME_SOUND, *encoding.write(path)),
        ]
    )
    return ""


def logo() -> bytes:
    """The word MOSAIC set in little square tiles, as a PNG with transparency; the same bytes every time."""
    lines = [" ".join(_LETTERS[letter][line] for letter in "MOSAIC") for line in range(7)]
    full = [_tile_row(row) for row in range(_TILE)]
    blank = _CLEAR * _TILE
    rows = []
    for line in lines:
        for row in range(_TILE):
            rows.append(b"".join(full[row] if mark == "#" else blank for mark in line))
    return png.encode(rows)


def _tile_row(row: int) -> bytes:
    if row in {0, _TILE - 1}:
        return _CLEAR + _RIM * (_TILE - 2) + _CLEAR
    return _RIM + _WHITE * (_TILE - 2) + _RIM


WATERMARK = NodeType(
    id="6808af58-2d9a-4e3b-aacb-2d9c143b7729",
    name="Watermark",
    slug="watermark",
    params=(
        Param(
            "use_custom_logo",
            "enum",
            "mosaic",
            enum=("mosaic", "custom"),
            required=True,
            help="Mosaic's logo, or an image of your own.",
            source=_DOCS,
        ),
        Param(
            "image_id",
            "id",
            None,
            nullable=True,
            help="Your image, when the logo is custom. The local engine has no images yet and says so.",
            source=_DOCS,
        ),
        Param(
            "logo_position",
            "enum",
            "bottom-right",
            enum=("top-left", "top-right", "bottom-left", "bottom-right"),
            required=True,
            help="The corner.",
            source=_DOCS,
        ),
        Param(
            "logo_size",
            "number",
            30,
            minimum=1,
            maximum=100,
            required=True,
            unit="%",
            help="The width of the logo in percent of the picture's.",
            source=_DOCS,
        ),
        Param(
            "logo_opacity",
            "number",
            80,
            minimum=10,
            maximum=100,
            required=True,
            unit="%",
            help="How solid the logo is.",
            source=_DOCS,
        ),
        Param(
            "logo_margin_x",
            "integer",
            20,
            minimum=0,
            maximum=4000,
            required=True,
            unit="px",
            help="Distance from the side.",
            source=_DOCS,
        ),
        Param(
            "logo_margin_y",
            "integer",
            20,
            minimum=0,
            maximum=4000,
            required=True,
            unit="px",
            help="Distance from the top or bottom.",
            source=_DOCS,
        ),
    ),
    cost=2,
    work=work,
)
