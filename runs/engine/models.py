"""The engine's own tables. The rows are the truth; FFmpeg processes and queues come and go."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Account(models.Model):
    """The one organisation of this engine, its plan and its balance."""

    organization_id = models.UUIDField(default=uuid.uuid4, unique=True)
    name = models.CharField(max_length=120, default="Local studio")
    slug = models.SlugField(default="local-studio")
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    balance = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    plan_id = models.CharField(max_length=40, blank=True)
    plan_started_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class CreditEntry(models.Model):
    """One movement of the balance. ``key`` makes each movement happen once however often it is asked for."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="entries")
    key = models.CharField(max_length=120, unique=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "credit entries"

    def __str__(self) -> str:
        return f"{self.amount} {self.reason}"


class EngineAgent(models.Model):
    """A workflow template."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=5000, blank=True)
    visibility = models.CharField(max_length=16, default="private")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.name


class TemplateNode(models.Model):
    """One node of a template; ``id`` is its ``agent_node_id``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    agent = models.ForeignKey(EngineAgent, on_delete=models.CASCADE, related_name="nodes")
    node_type_id = models.CharField(max_length=64)
    params = models.JSONField(default=dict, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return str(self.id)


class TemplateEdge(models.Model):
    """A connection of a template."""

    agent = models.ForeignKey(EngineAgent, on_delete=models.CASCADE, related_name="edges")
    source = models.ForeignKey(TemplateNode, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(TemplateNode, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("source", "target"), name="engine_edge_once"),)

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"


class EngineRun(models.Model):
    """One execution."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    agent = models.ForeignKey(EngineAgent, on_delete=models.CASCADE, related_name="runs")
    status = models.CharField(max_length=24, default="running")
    status_message = models.TextField(blank=True)
    body = models.JSONField(default=dict)
    callback_url = models.URLField(max_length=2000, blank=True)
    resumed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("-created_at", "-id"), name="engine_run_newest"),)

    def __str__(self) -> str:
        return str(self.id)


class RuntimeNode(models.Model):
    """A clone of a template node inside a run; ``id`` is its own ``agent_node_id``.

    ``branch`` names which source (and, below a fan-out, which clip) the clone belongs to: ``<input node>/<n>`` and
    then ``/<clip>`` per fan-out. One template node has one clone a branch; ``(run, original, branch)`` is unique, so
    that a repeated fan-out after a crash makes nothing twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    run = models.ForeignKey(EngineRun, on_delete=models.CASCADE, related_name="nodes")
    original_node_id = models.UUIDField()
    node_type_id = models.CharField(max_length=64)
    branch = models.CharField(max_length=200)
    params = models.JSONField(default=dict, blank=True)
    # Video Input only: {"video_url": …} or {"node_render_id": …} or {"video_id": …}.
    source = models.JSONField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_leaf = models.BooleanField(default=False)

    status = models.CharField(max_length=24, default="not_started")
    status_message = models.TextField(blank=True)
    errors = models.JSONField(default=list, blank=True)
    needs_credits = models.BooleanField(default=False)

    attempts = models.PositiveIntegerField(default=0)
    # The lease: who renders this node, and until when nobody else may.
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("position", "branch", "id")
        constraints = (models.UniqueConstraint(fields=("run", "original_node_id", "branch"), name="engine_clone_once"),)
        indexes = (
            models.Index(fields=("queued_at",), name="engine_ready", condition=Q(status__in=("queued", "running"))),
        )

    def __str__(self) -> str:
        return str(self.id)


class RuntimeEdge(models.Model):
    """A connection between two runtime nodes."""

    run = models.ForeignKey(EngineRun, on_delete=models.CASCADE, related_name="edges")
    source = models.ForeignKey(RuntimeNode, on_delete=models.CASCADE, related_name="out_edges")
    target = models.ForeignKey(RuntimeNode, on_delete=models.CASCADE, related_name="in_edges")
    # Below a fan-out: which of the source's renders the target takes; null means all of them.
    render_index = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("source", "target"), name="engine_runtime_edge_once"),)

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"


class Render(models.Model):
    """A finished video file of one runtime node. ``id`` is the render id that other runs may use."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    node = models.ForeignKey(RuntimeNode, on_delete=models.CASCADE, related_name="renders")
    index = models.PositiveIntegerField(default=0)
    # Relative to ENGINE_DIR. The folder was published by one rename: it is whole or it is not there.
    video_path = models.CharField(max_length=300)
    thumbnail_path = models.CharField(max_length=300, blank=True)
    duration_ms = models.PositiveBigIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    completed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("node", "index")
        constraints = (models.UniqueConstraint(fields=("node", "index"), name="engine_render_once"),)

    def __str__(self) -> str:
        return str(self.id)


class Asset(models.Model):
    """A video that runs may start from by id: the sample clip, and later uploads. Path relative to ENGINE_DIR."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=200)
    video_path = models.CharField(max_length=300)
    thumbnail_path = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Fault(models.Model):
    """A switch for tests: the next ``remaining`` requests (or renders) that match go wrong in the given way."""

    path = models.CharField(max_length=300)
    kind = models.CharField(max_length=40)
    options = models.JSONField(default=dict, blank=True)
    remaining = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"
