"""Runs and what belongs to them in the back office."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages

from runs import access, actions, payload
from runs.admin.audited import make_due
from runs.admin.readonly import ReadOnlyAdmin, ReadOnlyInline, pretty
from runs.client.errors import MosaicError
from runs.gateway import client_for
from runs.models import Output, Run, RunEvent, RunInput, RunNode

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest

MOST_AT_ONCE = 50


class RunNodeInline(ReadOnlyInline[RunNode]):
    """Runtime nodes."""

    model = RunNode
    fields = readonly_fields = ("type_name", "status", "status_message", "needs_credits", "original_node_id")


class RunEventInline(ReadOnlyInline[RunEvent]):
    """What was learned, when and from where."""

    model = RunEvent
    fields = readonly_fields = ("at", "source", "label", "status_before", "status_after", "text")


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin[Run]):
    """Runs: the remote owns their truth; the actions go the way of the pages' buttons."""

    list_display = ("id", "agent", "status", "needs_credits", "connection", "started_by", "created_at", "due_at")
    list_filter = ("status", "needs_credits", "connection", "created_at")
    list_select_related = ("agent", "connection", "started_by")
    search_fields = ("=remote_id", "agent__name", "status_message")
    inlines = (RunNodeInline, RunEventInline)
    actions = ("sync_now", "resume", "cancel")
    exclude = ("body", "start_token", "claim_token", "candidates", "errors", "triggered_by")
    readonly_fields = ("masked_body", "errors_text")

    @admin.display(description="body sent (query strings of links hidden)")
    def masked_body(self, run: Run) -> str:
        """The stored body without what signs its links."""
        return pretty(payload.masked(run.body))

    @admin.display(description="errors")
    def errors_text(self, run: Run) -> str:
        """Errors by template node."""
        return pretty(run.errors)

    @admin.action(description="Sync now")
    def sync_now(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        """Make the chosen runs due; the worker asks the remote."""
        self.message_user(request, f"{make_due(request, queryset.exclude(remote_id=None))} due now.")

    @admin.action(description="Resume")
    def resume(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        """Resume each, as the button on its page does."""
        self._each(request, queryset, actions.resume_run)

    @admin.action(description="Cancel")
    def cancel(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        """Cancel each, as the button on its page does."""
        self._each(request, queryset, actions.cancel_run)

    def _each(self, request: HttpRequest, queryset: QuerySet[Run], act: Callable[..., Run]) -> None:
        by = access.actor_of(request)
        if queryset.count() > MOST_AT_ONCE:
            # Each is a request to the remote, and somebody waits for all of them.
            self.message_user(request, f"Choose at most {MOST_AT_ONCE} runs at once.", messages.ERROR)
            return
        for run in queryset.select_related("connection", "agent"):
            try:
                act(run, client_for(run.connection), by)
            except (actions.ActionNotAllowed, MosaicError) as error:
                self.message_user(request, f"{run}: {error}", messages.WARNING)
            else:
                self.message_user(request, f"{run}: done.")


@admin.register(RunNode)
class RunNodeAdmin(ReadOnlyAdmin[RunNode]):
    """Runtime nodes across runs."""

    list_display = ("type_name", "status", "run", "needs_credits", "running_seen_at", "finished_seen_at")
    list_filter = ("status", "needs_credits", "type_name")
    list_select_related = ("run",)
    search_fields = ("=remote_id", "=original_node_id", "status_message")


@admin.register(RunInput)
class RunInputAdmin(ReadOnlyAdmin[RunInput]):
    """Source videos; their signed addresses are not shown."""

    list_display = ("run", "position", "refreshed_at")
    list_select_related = ("run",)
    search_fields = ("=run__remote_id",)


@admin.register(Output)
class OutputAdmin(ReadOnlyAdmin[Output]):
    """Renders; their signed addresses are not shown."""

    list_display = ("remote_id", "run", "original_node_id", "completed_at")
    list_select_related = ("run",)
    search_fields = ("=remote_id", "=original_node_id")
    list_filter = ("completed_at",)


@admin.register(RunEvent)
class RunEventAdmin(ReadOnlyAdmin[RunEvent]):
    """Every line of every timeline."""

    list_display = ("at", "run", "source", "label", "status_before", "status_after", "text")
    list_filter = ("source", "at")
    list_select_related = ("run",)
    search_fields = ("label", "text")
