"""The engine's rows in the back office, for looking at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from runs.engine.models import (
    Account,
    Asset,
    CreditEntry,
    EngineAgent,
    EngineRun,
    Fault,
    Render,
    RuntimeEdge,
    RuntimeNode,
    TemplateEdge,
    TemplateNode,
)

if TYPE_CHECKING:
    from django.http import HttpRequest


class LookedAt(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """The engine writes its rows itself."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """By the engine only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401 - Django's signature
        """By the engine only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        """By the engine only."""
        return False


@admin.register(Account)
class AccountAdmin(LookedAt):
    """Plan and balance."""

    list_display = ("name", "balance", "plan_id", "last_used_at")


@admin.register(CreditEntry)
class CreditEntryAdmin(LookedAt):
    """Movements of the balance."""

    list_display = ("created_at", "amount", "reason", "key")
    search_fields = ("key", "reason")
    list_filter = ("created_at",)


@admin.register(EngineAgent)
class EngineAgentAdmin(LookedAt):
    """Templates."""

    list_display = ("name", "visibility", "created_at", "updated_at")
    search_fields = ("name",)


@admin.register(TemplateNode)
class TemplateNodeAdmin(LookedAt):
    """Nodes of templates."""

    list_display = ("id", "agent", "node_type_id", "position")
    list_select_related = ("agent",)
    search_fields = ("agent__name",)


@admin.register(TemplateEdge)
class TemplateEdgeAdmin(LookedAt):
    """Connections of templates."""

    list_display = ("agent", "source", "target")
    list_select_related = ("agent", "source", "target")


@admin.register(EngineRun)
class EngineRunAdmin(LookedAt):
    """Executions."""

    list_display = ("id", "agent", "status", "created_at", "finished_at")
    list_filter = ("status", "created_at")
    list_select_related = ("agent",)
    search_fields = ("=id", "agent__name")
    exclude = ("body", "callback_url")


@admin.register(RuntimeNode)
class RuntimeNodeAdmin(LookedAt):
    """Clones inside executions, with their leases."""

    list_display = ("id", "run", "node_type_id", "branch", "status", "attempts", "lease_until")
    list_filter = ("status", "node_type_id")
    list_select_related = ("run",)
    search_fields = ("=id", "=run__id", "=original_node_id")
    exclude = ("source",)


@admin.register(RuntimeEdge)
class RuntimeEdgeAdmin(LookedAt):
    """Connections inside executions."""

    list_display = ("run", "source", "target", "render_index")
    list_select_related = ("run", "source", "target")


@admin.register(Render)
class RenderAdmin(LookedAt):
    """Finished files."""

    list_display = ("id", "node", "index", "width", "height", "duration_ms", "size_bytes", "completed_at")
    list_select_related = ("node",)
    search_fields = ("=id",)


@admin.register(Asset)
class AssetAdmin(LookedAt):
    """Videos that runs may start from."""

    list_display = ("name", "id", "created_at")


@admin.register(Fault)
class FaultAdmin(LookedAt):
    """Switches for tests."""

    list_display = ("path", "kind", "remaining", "created_at")
