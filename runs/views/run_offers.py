"""What can be done with a run now, and what each deed would do: the words on and beside the buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from runs import access, statuses

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import Any

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from runs.models import Run
    from runs.statuses import Status
    from runs.views.run_nodes import NodeGroup


@dataclass(frozen=True, slots=True)
class Candidate:
    """A remote run that a lost start may have become."""

    run_id: str
    status: Status | None
    started_at: datetime | None
    inputs: int | None


@dataclass(frozen=True, slots=True)
class Offers:
    """The buttons of the run page. An empty text or False means: not offered."""

    may_change: bool
    # Whether somebody with a higher role would find buttons here.
    could_change: bool
    may_spend: bool
    # What *Resume* queues again and keeps.
    resume: str
    # Why resuming cannot help, where it cannot.
    resume_refused: str
    cancel: str
    billing_url: str
    again_url: str
    again_is_first: bool
    dismiss: bool
    candidates: Sequence[Candidate]
    # Unconfirmed starts: whether a person may send again yet.
    may_send_again: bool

    @property
    def any(self) -> bool:
        """Whether there is a button at all."""
        return bool(self.resume or self.cancel or self.again_url or self.dismiss)


def offers(user: AbstractBaseUser | AnonymousUser, run: Run, groups: Sequence[NodeGroup], outputs_count: int) -> Offers:
    """Read off the run's state; nothing is asked of anybody."""
    may_change = access.may_start(user)
    refused = only_sources_failed(run, groups)
    again = reverse("runs:agent", args=[run.agent_id]) + "?" + urlencode({"like": run.pk}) if run.can_run_again else ""
    resume = resume_words(groups, outputs_count) if run.can_resume and not refused else ""
    unconfirmed = run.status == statuses.UNCONFIRMED
    return Offers(
        may_change=may_change,
        could_change=run.can_resume or run.can_cancel or unconfirmed,
        may_spend=access.may_spend(user),
        resume=resume if may_change else "",
        resume_refused=refused if run.can_resume else "",
        cancel=cancel_words(groups, outputs_count) if run.can_cancel and may_change else "",
        billing_url=reverse("runs:billing"),
        again_url=again if may_change and run.is_terminal else "",
        again_is_first=bool(again) and run.is_terminal and not resume and run.status != statuses.COMPLETED,
        dismiss=may_change and run.dismissed_at is None and _wants_attention(run),
        candidates=[_candidate(item) for item in run.candidates] if unconfirmed else (),
        may_send_again=unconfirmed and (bool(run.candidates) or timezone.now() >= run.may_send_again_at),
    )


def only_sources_failed(run: Run, groups: Sequence[NodeGroup]) -> str:
    """A sentence when what failed, or was cancelled before it began, is a source, which resuming never starts again."""
    unread = _unread_sources(groups)
    if run.status == statuses.CANCELLED and unread:
        return f"The run was cancelled before {listed(unread)} was read, and resuming never starts a source again."
    failed = [group for group in groups if group.failed]
    if run.status != statuses.FAILED or not failed or not all(group.is_source for group in failed):
        return ""
    names = listed(group.name for group in failed)
    return (
        f"{names} could not deliver its video, and resuming never starts a source again. Check the link and run again."
    )


def resume_words(groups: Sequence[NodeGroup], outputs_count: int) -> str:
    """What is queued again and what is kept, by name."""
    queued = [
        (group.name, sum(clone.status.is_resumable for clone in group.clones))
        for group in groups
        if not group.is_source
    ]
    count = sum(number for _, number in queued)
    if not count:
        return "Asks the service to go on with whatever is left. Everything finished is kept."
    names = listed(f"{name} ×{number}" if number > 1 else name for name, number in queued if number)
    completed = sum(group.completed for group in groups)
    return f"{_count(count, 'node')} will be queued again: {names}. {_kept(completed, outputs_count)}"


def cancel_words(groups: Sequence[NodeGroup], outputs_count: int) -> str:
    """What stops and what stays."""
    running = sum(clone.status.value == statuses.RUNNING for group in groups for clone in group.clones)
    completed = sum(group.completed for group in groups)
    stops = f"{_count(running, 'running node')} will stop" if running else "Nothing further will start"
    unread = listed(_unread_sources(groups))
    later = f"It cannot be resumed: {unread} is not read yet." if unread else "You can resume it later."
    return f"{stops}. {_kept(completed, outputs_count)} {later}"


def _unread_sources(groups: Sequence[NodeGroup]) -> list[str]:
    """The names of the sources while nothing at all is done: cancelled then, nothing could be gone on with."""
    if any(group.completed for group in groups):
        return []
    return [group.name for group in groups if group.is_source and group.clones]


def listed(names: Iterable[str], most: int = 4) -> str:
    """``a, b and c``; long lists end in a number."""
    words = list(names)
    if len(words) > most:
        words = [*words[: most - 1], f"{len(words) - most + 1} more"]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def _kept(completed: int, outputs_count: int) -> str:
    if not completed and not outputs_count:
        return "Nothing is finished yet."
    outputs = f" and {_count(outputs_count, 'output')}" if outputs_count else ""
    one = completed == 1 and not outputs_count
    return f"{_count(completed, 'finished node')}{outputs} {'is' if one else 'are'} kept."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _candidate(item: dict[str, Any]) -> Candidate:
    status, inputs = item.get("status"), item.get("inputs")
    return Candidate(
        run_id=str(item.get("run_id", "")),
        status=statuses.run_status(str(status)) if status else None,
        started_at=parse_datetime(str(item.get("started_at") or "")),
        inputs=inputs if isinstance(inputs, int) else None,
    )


def _wants_attention(run: Run) -> bool:
    return run.needs_credits or run.status in {statuses.FAILED, statuses.PARTIAL_COMPLETE}
