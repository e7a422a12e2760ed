"""The dashboard on a team's network: all interfaces, a public address, another machine's way in."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clips import served, two_scenes
from tests.e2e.walking import dashboard, walk

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.system]


def _own_address() -> str:
    """An address of this machine that is not loopback. Connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("This machine has no address but loopback.")
        own = str(probe.getsockname()[0])
    if ipaddress.ip_address(own).is_loopback:
        pytest.skip("This machine has no address but loopback.")
    return own


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def test_the_walk_through_the_address_of_the_machine(browser: Browser, tmp_path: Path) -> None:
    port = _free_port()
    public = f"http://{_own_address()}:{port}"
    two_scenes(tmp_path / "talk.mp4")
    changes = {"MOSAIC_PUBLIC_URL": public}
    with (
        served(tmp_path) as files,
        dashboard(tmp_path / "var", "--host=0.0.0.0", f"--port={port}", **changes) as up,
        walk(browser, public) as one,
    ):
        one.login()
        one.open_agent("Podcast shorts")
        assert one.page.locator("[name^=video_urls-]").first.input_value().startswith(public)
        one.fill_inputs(f"{files}/talk.mp4")
        one.start()
        one.sees("completed")
        one.plays()
        log = up.log.read_text(encoding="utf-8")
    assert "plain HTTP" in log or "unencrypted" in log
