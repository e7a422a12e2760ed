"""What belongs to a run: its nodes, inputs, outputs, and the history of what was learned."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from runs import statuses
from runs.models.run import Run


class RunNode(models.Model):
    """A runtime node: the clone of a template node inside one run."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="nodes")
    remote_id = models.CharField(max_length=64)
    # The template node it was cloned from; empty when the remote does not say ("unassigned").
    original_node_id = models.CharField(max_length=64, blank=True)
    type_id = models.CharField(max_length=64, blank=True)
    type_name = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=40, default=statuses.NOT_STARTED)
    status_message = models.TextField(blank=True)
    errors = models.JSONField(default=list, blank=True)
    needs_credits = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    first_seen_at = models.DateTimeField(default=timezone.now)
    running_seen_at = models.DateTimeField(null=True, blank=True)
    finished_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("position", "remote_id")
        constraints = (models.UniqueConstraint(fields=("run", "remote_id"), name="run_node_once"),)

    def __str__(self) -> str:
        return self.type_name or self.remote_id


class RunInput(models.Model):
    """A source video of a run; its signed address is refreshed, ours is stable."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="inputs")
    position = models.PositiveIntegerField()
    video_url = models.TextField(blank=True, editable=False)
    thumbnail_url = models.TextField(blank=True, editable=False)
    refreshed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("run", "position"), name="run_input_once"),)

    def __str__(self) -> str:
        return f"Input {self.position + 1}"


class Output(models.Model):
    """A rendered video. ``remote_id`` can be fed to another run as a ``node_render_id``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="outputs")
    remote_id = models.CharField(max_length=64)
    original_node_id = models.CharField(max_length=64, blank=True)
    position = models.PositiveIntegerField(default=0)
    video_url = models.TextField(blank=True, editable=False)
    thumbnail_url = models.TextField(blank=True, editable=False)
    premiere_url = models.TextField(blank=True, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    refreshed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("position", "first_seen_at", "remote_id")
        constraints = (models.UniqueConstraint(fields=("run", "remote_id"), name="output_once"),)
        indexes = (models.Index(fields=("-first_seen_at",), name="output_newest"),)

    def __str__(self) -> str:
        return f"Output {self.remote_id[:8]}"


class RunEvent(models.Model):
    """One line of a run's timeline: what was learned, when, and from where."""

    class Source(models.TextChoices):
        """How we came to know."""

        START = "start", "start"
        ACTION = "action", "action"
        POLL = "poll", "poll"
        WEBHOOK = "webhook", "webhook"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=16, choices=Source.choices)
    # Empty for an event of the whole run.
    node_remote_id = models.CharField(max_length=64, blank=True)
    original_node_id = models.CharField(max_length=64, blank=True)
    label = models.CharField(max_length=200, blank=True)
    status_before = models.CharField(max_length=40, blank=True)
    status_after = models.CharField(max_length=40, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ("at", "id")
        indexes = (models.Index(fields=("run", "at"), name="event_of_run"),)

    def __str__(self) -> str:
        return f"{self.label} {self.status_before} → {self.status_after}".strip()
