"""The work itself: a worker leases one ready node, renders it in a folder of its own, and publishes.

Any process may be killed at any moment. The lease (``leases``) says who works on what; the files of an attempt
(``attempts``) appear whole or not at all; the result counts by one conditional update (``runtime.complete``); FFmpeg
dies with its worker (``launch``). So a killed attempt is made once more, and a finished one never.
"""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError

from runs.engine.execution import ledger, runtime
from runs.engine.http import faults
from runs.engine.models import Render, RuntimeEdge, RuntimeNode
from runs.engine.nodes.base import Clip, NodeError, Work
from runs.engine.nodes.catalogue import CATALOGUE
from runs.engine.rendering import attempts, leases
from runs.engine.rendering.ffmpeg import Runner, Stopped

if TYPE_CHECKING:
    from pathlib import Path

    from runs.engine.nodes.base import NodeType

logger = logging.getLogger(__name__)

# Below this much free space nothing new is rendered; what is ready waits and says so.
DISK_FLOOR_BYTES = 1_000_000_000
WAITING_FOR_SPACE = "Waiting: less than 1 GB of disk space is free."
# An attempt that ends without a word died with its worker (FFmpeg's own death is noticed and ends the step at once). So
# many may be other steps' doing, restarts or bad luck; after them we no longer believe in chance.
MAX_SILENT_DEATHS = 10


def work_one() -> bool:
    """Do the node that has been ready the longest; False when none is ready, the disk is full or we are ending."""
    if leases.is_shutting_down() or not _has_room():
        return False
    taken = leases.take()
    if taken is None:
        return False
    node, vanished = taken
    if vanished and node.attempts > MAX_SILENT_DEATHS:
        sentence = f"This node ended {MAX_SILENT_DEATHS} times with its worker, perhaps for want of memory."
        runtime.fail(node, leases.token_of(node), [sentence])
    else:
        with leases.Heartbeat(node) as heartbeat:
            _attempt(node, heartbeat)
    attempts.tidy(node.pk)
    return True


def sweep() -> None:
    """Remove what killed attempts left behind; never anything with a live lease."""
    attempts.sweep()


def shut_down() -> None:
    """The worker is ending: every FFmpeg of this process ends at once, and its node goes back to the queue."""
    leases.shut_down()


def _attempt(node: RuntimeNode, heartbeat: leases.Heartbeat) -> None:
    token = leases.token_of(node)
    try:
        _work(node, heartbeat)
    except NodeError as error:
        runtime.fail(node, token, [str(error)])
    except Stopped:
        logger.info("node %s: stopped", node.pk)
        if leases.is_shutting_down():
            leases.give_back(node)
    except DatabaseError:
        # What was made is not lost: the lease runs out, and the next attempt finds it.
        logger.exception("node %s: the database did not answer", node.pk)
    except Exception:
        # Whatever goes wrong in our own code is one node's failure, not the worker's.
        logger.exception("node %s: failed unexpectedly", node.pk)
        runtime.fail(node, token, ["This node failed because of an error in the engine; its log has the details."])


def _work(node: RuntimeNode, heartbeat: leases.Heartbeat) -> None:
    kind = CATALOGUE.get(node.node_type_id)
    if kind is None or kind.work is None:
        name = kind.name if kind else "A node of this type"
        raise NodeError(f"{name} cannot be done by the local engine. Bypass it, or run the agent with a Mosaic key.")
    if not ledger.charge(node):
        sentence = f"The credits do not cover this node: {kind.name} costs {kind.cost}."
        runtime.fail(node, leases.token_of(node), [sentence], needs_credits=True)
        return
    published = attempts.find_published(node)
    if published is None:
        fault = faults.take_render_fault(node)
        if fault is not None:
            raise NodeError(fault)
        folder = attempts.open_folder(node)
        runner = Runner(folder, stopped=heartbeat.is_lost)
        result = kind.work(_prepared(node, kind, runner, folder, heartbeat))
        if heartbeat.is_lost():
            raise Stopped
        published = attempts.publish(node, folder, result, runner)
    if not attempts.record(node, published):
        raise Stopped


def _prepared(node: RuntimeNode, kind: NodeType, runner: Runner, folder: Path, heartbeat: leases.Heartbeat) -> Work:
    return Work(
        ffmpeg=runner,
        folder=folder,
        inputs=_inputs(node, runner),
        params={param.key: node.params.get(param.key, param.default) for param in kind.params},
        source=node.source,
        stopped=heartbeat.is_lost,
    )


def _inputs(node: RuntimeNode, runner: Runner) -> list[Clip]:
    """The renders that arrive at the node, in the order of the graph."""
    clips = []
    for edge in RuntimeEdge.objects.filter(target=node).order_by("source__position", "source__branch"):
        renders = Render.objects.filter(node=edge.source_id)
        if edge.render_index is not None:
            renders = renders.filter(index=edge.render_index)
        for render in renders:
            path = settings.ENGINE_DIR / render.video_path
            if not path.is_file():
                raise NodeError("The video of an earlier node is no longer on the disk. Run the agent again.")
            clips.append(runner.probe(path))
    return clips


def _has_room() -> bool:
    """Whether the disk has space for another render; written on the nodes that wait, and taken back afterwards."""
    settings.ENGINE_DIR.mkdir(parents=True, exist_ok=True)
    queued = RuntimeNode.objects.filter(status="queued")
    if shutil.disk_usage(settings.ENGINE_DIR).free < DISK_FLOOR_BYTES:
        queued.exclude(status_message=WAITING_FOR_SPACE).update(status_message=WAITING_FOR_SPACE)
        return False
    waiting = queued.filter(status_message=WAITING_FOR_SPACE)
    if waiting.exists():
        waiting.update(status_message="")
    return True
