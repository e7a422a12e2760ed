"""Tiny clips, each made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runs.engine.rendering.ffmpeg import Runner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runs.engine.nodes.base import Clip

    Maker = Callable[..., Clip]

SIZE = "160x90"
ENCODE = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-pix_fmt", "yuv420p", "-c:a", "aac")


@pytest.fixture(scope="session")
def make_clip(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Makes a clip from a video source and, where given, a sound source, both in FFmpeg's words."""
    folder = tmp_path_factory.mktemp("clips")

    def make(name: str, video: str, sound: str = "", *, output: tuple[str, ...] = ()) -> Clip:
        path: Path = folder / name
        inputs = ["-f", "lavfi", "-i", video, *(("-f", "lavfi", "-i", sound) if sound else ())]
        Runner(folder).run([*inputs, *ENCODE, "-shortest", *output, f"file:{path}"])
        return Runner(folder).probe(path)

    return make


@pytest.fixture(scope="session")
def corner(make_clip: Maker) -> Clip:
    """Dark, with a white box in the upper left quarter; one second with a tone."""
    video = f"color=0x202020:s={SIZE}:r=25:d=1,drawbox=x=8:y=4:w=56:h=32:color=white:t=fill"
    return make_clip("corner.mp4", video, "sine=f=440:r=48000:d=1")


@pytest.fixture(scope="session")
def gray(make_clip: Maker) -> Clip:
    """Plain middle gray without sound, half a second, large enough for a logo."""
    return make_clip("gray.mp4", "color=0x606060:s=320x180:r=25:d=0.4")


@pytest.fixture(scope="session")
def spoken(make_clip: Maker) -> Clip:
    """Four seconds: sound, but silence from 1.0 to 2.0 and from 3.0 to 3.5. Brightness grows with time."""
    video = f"color=black:s={SIZE}:r=25:d=4,format=gray,geq=lum='10+T*55'"
    gate = "if(between(t\\,1\\,2)+between(t\\,3\\,3.5)\\,0\\,0.3*sin(2*PI*440*t))"
    return make_clip("spoken.mp4", video, f"aevalsrc={gate}:s=48000:d=4")


@pytest.fixture(scope="session")
def scenes(make_clip: Maker) -> Clip:
    """Three scenes: dark for 1.2 s, a pattern for 2 s, bright for 1.6 s; a tone throughout."""
    video = (
        f"color=0x181818:s={SIZE}:r=25:d=1.2[a];testsrc2=s={SIZE}:r=25:d=2,format=yuv420p[b];"
        f"color=0xe8e8e8:s={SIZE}:r=25:d=1.6[c];[a][b][c]concat=n=3:v=1:a=0"
    )
    return make_clip("scenes.mp4", video, "sine=f=330:r=48000:d=4.8")
