"""Runs that the embedded engine knows as well, so that deeds reach something real."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from runs.engine.models import EngineAgent, EngineRun, Fault, RuntimeNode, TemplateEdge, TemplateNode
from tests.factories import MIRROR, TYPE_NAMES, VIDEO_INPUT, make_agent, make_node, make_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runs.models import Run

    RemoteRun = Callable[..., Run]


def set_fault(kind: str, path: str = "/agent_run", times: int = 1, **options: Any) -> None:
    """The next requests to the engine below ``path`` go wrong."""
    Fault.objects.create(kind=kind, path=path, remaining=times, options=options)


@pytest.fixture
def remote_run(db: None) -> RemoteRun:
    """Makes a run of *Video Input → Mirror* with this status, here and at the engine."""

    def make(status: str = "failed", mirror: str = "failed", source: str = "completed", **fields: Any) -> Run:
        template = EngineAgent.objects.create(name="Flip")
        types = (VIDEO_INPUT, MIRROR)
        nodes = [
            TemplateNode.objects.create(agent=template, node_type_id=kind, position=n) for n, kind in enumerate(types)
        ]
        TemplateEdge.objects.create(agent=template, source=nodes[0], target=nodes[1])
        graph = {
            "nodes": [
                {"id": str(n.pk), "type_id": n.node_type_id, "type_name": TYPE_NAMES[n.node_type_id]} for n in nodes
            ],
            "edges": [[str(nodes[0].pk), str(nodes[1].pk)]],
        }
        remote = EngineRun.objects.create(agent=template, status=status)
        agent = make_agent(graph=graph, remote_id=str(template.pk), name="Flip")
        run = make_run(agent, remote_id=str(remote.pk), status=status, **fields)
        for node, state in zip(nodes, (source, mirror), strict=True):
            runtime = RuntimeNode.objects.create(
                run=remote, original_node_id=node.pk, node_type_id=node.node_type_id, branch="a/0", status=state
            )
            make_node(
                run,
                str(node.pk),
                remote_id=str(runtime.pk),
                status=state,
                type_id=node.node_type_id,
                type_name=TYPE_NAMES[node.node_type_id],
            )
        return run

    return make


class Files:
    """A small server of files: ``files[path] = (status, type, bytes)``; it knows ranges and remembers requests."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[int, str, bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked_range = self.headers.get("Range", "")
                outer.asked.append((self.path, asked_range))
                status, kind, body = outer.files.get(self.path, (404, "text/plain", b"no"))
                extra = {}
                if status == 200 and asked_range.startswith("bytes="):
                    first, last = (int(part) for part in asked_range.removeprefix("bytes=").split("-"))
                    extra["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
                    status, body = 206, body[first : last + 1]
                self.send_response(status)
                for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **extra}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def elsewhere() -> Iterator[Files]:
    """Another server, where a remote keeps its videos."""
    files = Files()
    thread = threading.Thread(target=files.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield files
    files.server.shutdown()
    files.server.server_close()
    thread.join()
