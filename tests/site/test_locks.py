"""The three lock files are three depths of one set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def _lock(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z][\w.-]*)==(\S+)", text, re.M))


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [("requirements.lock", "requirements-ffmpeg.lock"), ("requirements-ffmpeg.lock", "requirements-test.lock")],
)
def test_each_holds_the_smaller_one_at_the_same_versions(smaller: str, larger: str) -> None:
    assert _lock(smaller).items() <= _lock(larger).items()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-ffmpeg.lock", "requirements-test.lock"])
def test_every_package_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[a-z])", text, flags=re.M)[1:]
    assert len(blocks) == len(_lock(name)) > 20
    assert all("--hash=sha256:" in block for block in blocks)
    assert "http" not in re.sub(r"[0-9a-f]{64}", "", text).replace("httpx", "")
