"""What is read of a file, without ffprobe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runs.engine.nodes.base import NodeError
from runs.engine.rendering import facts
from runs.engine.rendering.ffmpeg import Runner

if TYPE_CHECKING:
    from pathlib import Path

REPORT = """\
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/a.mp4':
  Metadata:
    title           : mine
                    :   Duration: 99:00:00.00, start: 0
                    :   Stream #0:9: Video: h264, yuv420p, 9999x9999, 1 fps
  Duration: {duration}, start: 0.000000, bitrate: 82 kb/s
  Stream #0:0[0x1](und): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, mono, fltp, 69 kb/s (default)
  Stream #0:1[0x2]: Video: mjpeg (Baseline), yuvj420p(pc), 300x300 [SAR 1:1 DAR 1:1], 90k tbr, 90k tbn (attached pic)
  Stream #0:2[0x3](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv), {size} [SAR {sar} DAR 4:3], 29.97 fps
{after}At least one output file must be specified
"""


def _report(duration: str = "00:01:02.50", size: str = "640x360", sar: str = "1:1", after: str = "") -> facts.Facts:
    return facts.read(REPORT.format(duration=duration, size=size, sar=sar, after=after))


def test_the_real_stream_counts_and_titles_do_not(tmp_path: Path) -> None:
    found = _report()
    assert (found.width, found.height, found.duration_ms) == (640, 360, 62_500)
    assert (found.video_codec, found.pixel_format, found.audio_codec) == ("h264", "yuv420p", "aac")
    assert found.rate == pytest.approx(30_000 / 1001)
    assert found.is_plain


def test_a_quarter_turn_swaps_the_sides() -> None:
    turn = "      Side data:\n        displaymatrix: rotation of -90.00 degrees\n"
    found = _report(after=turn)
    assert (found.width, found.height, found.is_rotated, found.is_plain) == (360, 640, True, False)


@pytest.mark.parametrize("change", [{"sar": "4:3"}, {"size": "641x360"}])
def test_what_needs_encoding_is_not_plain(change: dict[str, str]) -> None:
    assert not _report(**change).is_plain


def test_a_duration_that_is_not_written_down() -> None:
    assert _report(duration="N/A").duration_ms is None


@pytest.mark.parametrize(
    ("change", "words"),
    [({"size": "16000x9000"}, "more than the limit of 8192×4320"), ({"duration": "03:00:01.00"}, "limit of 3 hours")],
)
def test_limits(tmp_path: Path, change: dict[str, str], words: str) -> None:
    with pytest.raises(NodeError, match=words):
        _report(**change).clip(tmp_path / "a.mp4")


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.m4a"
    Runner(tmp_path).run(["-f", "lavfi", "-i", "sine=d=0.2", f"file:{path}"])
    with pytest.raises(NodeError, match="no moving picture"):
        Runner(tmp_path).probe(path)


def test_a_recording_without_a_duration_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "live.mkv"
    source = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=1", "-c:v", "libx264", "-preset", "ultrafast"]
    Runner(tmp_path).run([*source, "-f", "matroska", "-live", "1", f"file:{path}"])
    runner = Runner(tmp_path)
    assert runner.facts(path).duration_ms is None
    assert runner.probe(path).duration_ms == pytest.approx(1000, abs=60)
