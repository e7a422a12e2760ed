"""Makes the clip that everybody sees first: forty seconds of drawn landscapes, a murmuring voice, a running time code.

It has what the sample agents need: cuts for Clips to find, pauses for Silence Removal, something that moves sideways
for Mirror, its middle in the middle for Reframe. Nothing in it is from anywhere else, and it is the same every time.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from runs.engine.demo import scenery
from runs.engine.demo.scenery import HEIGHT, WIDTH, Ridge, Scene, blocks, peaks, waves

if TYPE_CHECKING:
    from pathlib import Path

    from runs.engine.nodes.base import FFmpeg

RATE = 25

SCENES = (
    # Dawn over hills.
    Scene(
        7,
        (0x2B2D6E, 0xE8788A, 0xFFD9A0),
        (0xFFF3D6, "250+9*t", "235-14*t"),
        (
            Ridge(0xA85C86, waves(150, (2, 22, 0.4), (5, 7, 1.0)), 12),
            Ridge(0x6B3F78, waves(105, (3, 18, 2.1), (7, 5, 0.2)), 30),
            Ridge(0x2E2350, waves(55, (2, 16, 4.0), (5, 9, 1.7)), 64),
        ),
    ),
    # The sea at noon.
    Scene(
        9,
        (0x1F8FD6, 0x86D0F2, 0xE9FBFF),
        (0xFFFDF0, "430-7*t", "92"),
        (
            Ridge(0x3AA7C9, waves(132, (6, 4, 0.0), (11, 2, 1.0)), 26),
            Ridge(0x1C7FA8, waves(96, (5, 7, 2.0), (9, 3, 0.5)), 58),
            Ridge(0x0B4F78, waves(52, (4, 10, 4.1), (7, 4, 2.5)), 104),
        ),
    ),
    # A town at night.
    Scene(
        8,
        (0x070B1F, 0x131C45, 0x33407A),
        (0xF4F1DC, "180+11*t", "96-2*t"),
        (
            Ridge(0x26325F, blocks(84, (26, 60, 40, 88, 30, 72, 48, 20, 66, 36, 80, 44)), 14),
            Ridge(0x172046, blocks(50, (40, 18, 62, 30, 84, 24, 50, 36, 70, 14)), 34),
            Ridge(0x0A0F26, blocks(22, (20, 44, 12, 36, 58, 16, 30, 50)), 70),
        ),
    ),
    # Mountains and pines.
    Scene(
        9,
        (0x0E6B6B, 0x63BFA2, 0xF3F4C4),
        (0xFFF9DD, "150+8*t", "120+3*t"),
        (
            Ridge(0x5FA39A, peaks(158, (2, 44, 0.1), (5, 12, 0.3)), 10),
            Ridge(0x2F7A6E, peaks(104, (3, 30, 0.6), (8, 10, 0.1)), 28),
            Ridge(0x0F4038, peaks(50, (16, 16, 0.0), (40, 6, 0.5)), 76),
        ),
    ),
    # Dunes in the evening.
    Scene(
        7,
        (0x2A1038, 0x8E2F4A, 0xF08A4B),
        (0xFFE9B0, "410-8*t", "150+12*t"),
        (
            Ridge(0x8F3B3B, waves(128, (1, 26, 0.8), (3, 8, 2.0)), 16),
            Ridge(0x5C2436, waves(92, (2, 22, 3.0), (3, 6, 0.3)), 36),
            Ridge(0x2A0F26, waves(50, (1, 18, 5.2), (4, 6, 1.1)), 72),
        ),
    ),
)
SECONDS = sum(scene.seconds for scene in SCENES)
# When somebody speaks; the pauses between are silent.
PHRASES = ((0.3, 5.5), (7.0, 12.9), (14.4, 20.3), (22.0, 27.6), (29.2, 35.1), (36.8, 39.4))

# A voice: a buzz whose pitch wanders, in syllables; three mouths (formants in Hz) that take turns; some hiss.
_BUZZ = "(2*mod(118*t+14*sin(1.3*t)+1.1*sin(9.1*t)\\,1)-1)"
_SYLLABLES = "pow(max(0\\,sin(15.1*t+1.6*sin(2.3*t)+0.9*sin(5.7*t)))\\,0.6)"
_MOUTHS = (
    ("pow(cos(3.1*t)\\,2)", (730, 1090, 2440)),
    ("pow(sin(3.1*t)\\,2)*pow(cos(2.2*t)\\,2)", (300, 2200, 2950)),
    ("pow(sin(3.1*t)\\,2)*pow(sin(2.2*t)\\,2)", (520, 880, 2400)),
)
_HISS = "(random(0)-0.5)*pow(max(0\\,cos(15.1*t+1.6*sin(2.3*t)+0.9*sin(5.7*t)))\\,14)*0.5"


def make(ffmpeg: FFmpeg, path: Path) -> None:
    """Write the clip to ``path``: 640×360, 25 frames a second, 40 s, faststart MP4. A few seconds of work."""
    folder = path.with_name(path.name + ".parts")
    folder.mkdir()
    try:
        inputs, filters = _picture(folder)
        sounds, mix = _sound(len(inputs))
        arguments = [argument for each in (*inputs, *sounds) for argument in each]
        ffmpeg.run(
            [
                *arguments,
                *("-filter_complex", ";".join((*filters, *mix))),
                *("-map", "[picture]", "-map", "[sound]", "-t", str(SECONDS), "-r", str(RATE)),
                *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", "-threads", "2"),
                *("-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-fflags", "+bitexact", "-flags", "+bitexact"),
                *("-movflags", "+faststart", "-f", "mp4", f"file:{path}"),
            ]
        )
    finally:
        shutil.rmtree(folder)


def _picture(folder: Path) -> tuple[list[list[str]], list[str]]:
    """Inputs and filters: layers on a sky for each scene, the scenes in a row, voice and time code on top."""
    inputs: list[list[str]] = []
    filters: list[str] = []

    def still(content: bytes, label: str, layout: str = "yuva420p") -> None:
        """A picture that is read once and stands still for ever."""
        file = folder / f"{len(inputs)}.png"
        file.write_bytes(content)
        filters.append(f"[{len(inputs)}:v]format={layout},loop=-1:1:0,setpts=N/{RATE}/TB[{label}]")
        inputs.append(["-f", "png_pipe", "-framerate", str(RATE), "-i", f"file:{file}"])

    for number, scene in enumerate(SCENES):
        still(scenery.sky(scene.sky), f"sky{number}", "yuv420p")
        still(scenery.disc(scene.disc[0]), f"disc{number}")
        chain = f"[sky{number}][disc{number}]overlay=x='{scene.disc[1]}-w/2':y='{scene.disc[2]}-h/2'"
        for layer, shape in enumerate(scene.ridges):
            still(scenery.ridge(shape), f"ridge{number}{layer}")
            under = f"under{number}{layer}"
            filters.append(f"{chain}[{under}]")
            chain = f"[{under}][ridge{number}{layer}]overlay=x='-mod({shape.speed}*t,{WIDTH})':y=H-h"
        filters.append(f"{chain},trim=duration={scene.seconds},format=yuv420p,setsar=1[scene{number}]")
    scenes = "".join(f"[scene{number}]" for number in range(len(SCENES)))
    filters.append(f"{scenes}concat=n={len(SCENES)}:v=1:a=0[scenes]")

    code = folder / "counter.gray"
    code.write_bytes(scenery.counter(SECONDS, RATE))
    size = f"{scenery.COUNTER_WIDTH}x{scenery.COUNTER_HEIGHT}"
    filters.append(f"[{len(inputs)}:v]format=yuva420p,colorchannelmixer=aa=0.82[code]")
    inputs.append(
        [
            *("-f", "rawvideo", "-pixel_format", "gray", "-video_size", size),
            *("-framerate", str(RATE), "-i", f"file:{code}"),
        ]
    )
    filters.append("[scenes][code]overlay=x=(W-w)/2:y=22:format=auto,format=yuv420p[coded]")
    filters.append(
        f"[voice]showwaves=s=280x44:mode=cline:draw=full:rate={RATE}:colors=white:scale=sqrt,"
        "colorchannelmixer=aa=0.75[wave];"
        f"[coded][wave]overlay=x=(W-w)/2:y={HEIGHT - 62}:eof_action=pass,format=yuv420p[picture]"
    )
    return inputs, filters


def _sound(first: int) -> tuple[list[list[str]], list[str]]:
    """Inputs (numbered from ``first``) and filters of the voice; it is also handed to the picture as ``[voice]``."""
    speaks = "(" + "+".join(f"between(t\\,{start}\\,{end})" for start, end in PHRASES) + ")"
    inputs = [_generated(f"{speaks}*{_SYLLABLES}*{weight}*{_BUZZ}*0.5") for weight, _ in _MOUTHS] + [
        _generated(f"{speaks}*{_HISS}")
    ]
    filters = []
    for number, (_, formants) in enumerate(_MOUTHS):
        split = "".join(f"[in{number}{place}]" for place in range(3))
        filters.append(f"[{first + number}:a]asplit=3{split}")
        for place, hertz in enumerate(formants):
            band = f"bandpass=f={hertz}:width_type=h:w={70 + 40 * place},volume={(1.0, 0.6, 0.3)[place]}"
            filters.append(f"[in{number}{place}]{band}[f{number}{place}]")
    voices = "".join(f"[f{number}{place}]" for number in range(3) for place in range(3))
    filters.append(f"[{first + 3}:a]highpass=f=3200,volume=0.5[hiss]")
    filters.append(
        f"{voices}[hiss]amix=inputs=10:normalize=0,volume=3.2,alimiter=limit=0.7:level=0,aresample=48000,"
        "asplit=2[sound][voice]"
    )
    return inputs, filters


def _generated(expression: str) -> list[str]:
    return ["-f", "lavfi", "-i", f"aevalsrc={expression}:s=16000:d={SECONDS}"]
