"""A run: the record of one execution, from the intent to start it to its end."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from runs import statuses
from runs.models.agent import Agent, AgentVersion
from runs.models.claims import ClaimableQuerySet
from runs.models.connection import Connection

# How long a start may look for the run it may have made before a person may send again.
UNCONFIRMED_MINUTES = 10
WATCH_MARK_SECONDS = 10

# Term by term and not as lists: only so does SQLite see that a query with parameters matches a partial index.
IS_ACTIVE = reduce(and_, (~Q(status=value) for value, s in statuses.RUN_STATUSES.items() if s.is_terminal))
NEEDS_ATTENTION = (
    Q(status=statuses.FAILED)
    | Q(status=statuses.PARTIAL_COMPLETE)
    | Q(status=statuses.UNCONFIRMED)
    | Q(needs_credits=True)
)
# So long after the last mark a run still counts as watched.
WATCHED_SECONDS = 30


class RunQuerySet(ClaimableQuerySet["Run"]):
    """Runs by state; :meth:`settle` is the one writer of a run's state."""

    def active(self) -> RunQuerySet:
        """Runs that may still change by themselves (unknown statuses included)."""
        return self.filter(IS_ACTIVE)

    def sent(self) -> RunQuerySet:
        """Runs that are, or may be, at the remote; refused and unsent intents are left out."""
        return self.exclude(status__in=(statuses.REFUSED, statuses.NOT_SENT))

    def needing_attention(self) -> RunQuerySet:
        """Failed, partly complete or unconfirmed runs, and those that wait for credits."""
        return self.filter(NEEDS_ATTENTION, dismissed_at=None)

    def waiting_for_credits(self) -> RunQuerySet:
        """Runs that stopped for want of credits and that nobody has put aside."""
        return self.filter(needs_credits=True, dismissed_at=None)

    def settle(
        self,
        pk: object,
        token: uuid.UUID,
        *,
        next_due: datetime | None,
        changed: bool,
        **changes: Any,  # noqa: ANN401 - model field values
    ) -> bool:
        """Write what was learned, give the claim back and set the next due time.

        False when the claim was lost; then nothing is written. ``changed`` raises the version, which is what open
        pages compare; a read without news must leave it alone.
        """
        if changed:
            changes |= {"version": F("version") + 1, "changed_at": timezone.now()}
        return self.release(pk, token, due_at=next_due, **changes)

    def mark_watched(self, pk: uuid.UUID) -> None:
        """Note that somebody looks at the run; written at most every ten seconds however many look.

        Where nobody has looked for a while, a healthy active run is asked about at once instead of at its leisure.
        """
        now = timezone.now()
        unwatched = Q(watched_at=None) | Q(watched_at__lt=now - timedelta(seconds=WATCHED_SECONDS))
        over = [value for value, status in statuses.RUN_STATUSES.items() if status.is_terminal]
        at_leisure = unwatched & Q(claim_token=None, sync_failures=0, due_at__gt=now) & ~Q(status__in=over)
        old = now - timedelta(seconds=WATCH_MARK_SECONDS)
        self.filter(Q(watched_at=None) | Q(watched_at__lt=old), pk=pk).update(
            watched_at=now, due_at=Case(When(at_leisure, then=Value(now)), default=F("due_at"))
        )

    def adopt(self, start: Run, remote_id: str, *, token: uuid.UUID | None, **changes: Any) -> bool:  # noqa: ANN401
        """Give a start the remote run it became, now due; what was already known of that run moves to the start's row.

        With a ``token`` the claim must still be held. False, with nothing written, when the claim was lost, when the
        start has a run already, or when another start owns this one.
        """
        with transaction.atomic():
            twin = self.filter(connection_id=start.connection_id, remote_id=remote_id).exclude(pk=start.pk).first()
            if twin is not None and twin.start_token is not None:
                return False
            if twin is not None:
                for parts in (twin.nodes, twin.inputs, twin.outputs, twin.events):
                    parts.update(run=start.pk)
                twin.delete()
            mine = self.filter(pk=start.pk, remote_id=None)
            if token is not None:
                mine = mine.filter(claim_token=token)
            now = timezone.now()
            given: dict[str, Any] = {
                "claim_token": None,
                "claimed_until": None,
                "claimed_for": "",
                "due_at": now,
                "candidates": [],
            }
            adopted = mine.update(remote_id=remote_id, version=F("version") + 1, changed_at=now, **(given | changes))
            if not adopted:
                transaction.set_rollback(True)
        return bool(adopted)

    def dismiss(self, pk: uuid.UUID) -> bool:
        """Take the run off the list of what needs somebody; False when it is not on it."""
        now = timezone.now()
        return bool(
            self.needing_attention().filter(pk=pk).update(dismissed_at=now, changed_at=now, version=F("version") + 1)
        )

    def make_due(self, pk: uuid.UUID) -> bool:
        """Have the run looked at now, also a finished one; False when somebody is at it already."""
        return bool(self.filter(pk=pk, claim_token=None).update(due_at=timezone.now()))


class Run(models.Model):
    """One start of an agent. The row exists before anything is sent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="runs")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="runs")
    # The graph the run was started with; for runs started elsewhere, the graph known when the run was first seen.
    agent_version = models.ForeignKey(AgentVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # Null, not "": several starts without an answer may stand side by side.
    remote_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    status = models.CharField(max_length=40, default=statuses.STARTING)
    status_message = models.TextField(blank=True)
    needs_credits = models.BooleanField(default=False)
    # [{"original_node_id": str|null, "messages": [str]}]
    errors = models.JSONField(default=list, blank=True)
    nodes_completed = models.PositiveIntegerField(default=0)
    nodes_in_progress = models.PositiveIntegerField(default=0)
    nodes_failed = models.PositiveIntegerField(default=0)
    # Percent of the known steps that are done. Never goes down, though the number of steps jumps when clips fan out.
    progress = models.PositiveSmallIntegerField(default=0)
    triggered_by = models.JSONField(null=True, blank=True)

    # The intent: the exact body that was (to be) sent; null for runs started elsewhere.
    start_token = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    body = models.JSONField(null=True, blank=True, editable=False)
    inputs_count = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Candidates a person must choose from when a lost answer could belong to several remote runs.
    # [{"run_id", "status", "started_at", "inputs"}]
    candidates = models.JSONField(default=list, blank=True, editable=False)

    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)

    # What pages compare; raised by every change that can be seen.
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)
    watched_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    sync_failures = models.PositiveIntegerField(default=0)
    sync_error = models.CharField(max_length=500, blank=True)

    due_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim_token = models.UUIDField(null=True, blank=True)
    claimed_for = models.CharField(max_length=16, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("connection", "remote_id"), name="run_remote_id_once_a_connection"),
        )
        indexes = (
            models.Index(fields=("due_at",), name="run_due"),
            # The run list, newest first, whole and by its filters.
            models.Index(fields=("-created_at", "-id"), name="run_newest"),
            models.Index(fields=("status", "-created_at", "-id"), name="run_status_newest"),
            models.Index(fields=("agent", "-created_at", "-id"), name="run_agent_newest"),
            # Home: what waits for somebody.
            models.Index(
                fields=("-created_at", "-id"), name="run_attention", condition=Q(dismissed_at=None) & NEEDS_ATTENTION
            ),
            # Home: what goes on, however many have ended.
            models.Index(fields=("-created_at", "-id"), name="run_active", condition=IS_ACTIVE),
            # Credits: what waits for them.
            models.Index(fields=("-created_at", "-id"), name="run_waiting", condition=Q(needs_credits=True)),
        )

    def __str__(self) -> str:
        return f"Run {str(self.id)[:8]}"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more will happen unless somebody acts."""
        return statuses.run_status(self.status).is_terminal

    @property
    def nodes_total(self) -> int:
        """Runtime nodes known so far; grows while the run fans out."""
        return self.nodes_completed + self.nodes_in_progress + self.nodes_failed

    @property
    def can_resume(self) -> bool:
        """Failed or cancelled; also, as a try, finished and waiting for credits (a refusal is shown in its words)."""
        if self.remote_id is None:
            return False
        return self.status in statuses.RESUMABLE_RUN_STATUSES or (self.is_terminal and self.needs_credits)

    @property
    def can_cancel(self) -> bool:
        """Known to the remote and not finished."""
        return self.remote_id is not None and not self.is_terminal

    @property
    def can_run_again(self) -> bool:
        """Whether the settings are known that a new run would be filled with."""
        return self.body is not None and self.agent_id is not None

    @property
    def completed_without_outputs(self) -> bool:
        """Finished well, and yet there is nothing to play; worth a warning. Needs ``outputs`` prefetched."""
        return self.status == statuses.COMPLETED and not self.outputs.all()

    @property
    def may_send_again_at(self) -> datetime:
        """From when on a person may repeat an unconfirmed start."""
        return self.created_at + timedelta(minutes=UNCONFIRMED_MINUTES)
