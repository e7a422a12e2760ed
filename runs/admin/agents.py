"""Connections, agents and their graphs in the back office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.utils import timezone

from runs.admin.audited import AuditedAdmin, make_due
from runs.admin.readonly import ReadOnlyAdmin, ReadOnlyInline, pretty
from runs.models import Agent, AgentVersion, Connection, GraphLayout
from runs.models.address import OTHER_SERVER, check_address, same_server

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """The key can be written here and never be read."""

    new_api_key = forms.CharField(
        label="API key",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Leave empty to keep the present key.",
    )

    class Meta:
        model = Connection
        fields = ("name", "address", "is_enabled")

    def clean(self) -> dict[str, Any]:
        """The rules of the settings page hold here as well."""
        data = super().clean() or self.cleaned_data
        row, address, key = self.instance, str(data.get("address", "")).rstrip("/"), data.get("new_api_key")
        if row.is_managed and (key or address != row.address):
            raise forms.ValidationError("Address and key of this connection come from the environment.")
        if address and address != row.address and not row.is_managed:
            data["address"] = address
            try:
                check_address(address)
            except forms.ValidationError as error:
                self.add_error("address", error)
                return data
            if row.api_key and not key and not same_server(address, self.initial["address"]):
                self.add_error("new_api_key", OTHER_SERVER)
        return data


@admin.register(Connection)
class ConnectionAdmin(AuditedAdmin[Connection]):
    """Connections may be edited; what they learned may not."""

    form = ConnectionForm
    list_display = (
        "name",
        "kind",
        "address",
        "organization_name",
        "api_key_last4",
        "is_enabled",
        "last_contact_at",
        "last_error",
    )
    list_filter = ("kind", "is_enabled")
    search_fields = ("name", "address", "organization_name")
    readonly_fields = (
        "kind",
        "api_key_last4",
        "organization_id",
        "organization_name",
        "is_managed",
        "last_contact_at",
        "last_error",
        "last_error_at",
        "due_at",
    )
    fields = ("name", "address", "new_api_key", "is_enabled", *readonly_fields)
    actions = ("sync_now",)

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:  # noqa: ANN401
        """Keep a new key when one was typed, and look at the connection at once."""
        if not change:
            # The embedded engine's row is made by the software, and there is one.
            obj.kind = Connection.Kind.MOSAIC
        if change and obj.organization_id and "address" in form.changed_data:
            obj.key_checked = False
        if key := form.cleaned_data["new_api_key"]:
            obj.set_api_key(key)
        obj.due_at = timezone.now()
        super().save_model(request, obj, form, change)

    def state(self, obj: Model) -> dict[str, Any]:
        """What may be shown of a connection."""
        return {name: getattr(obj, name) for name in ("name", "address", "api_key_last4", "is_enabled")}

    @admin.action(description="Sync now")
    def sync_now(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        """Make the chosen connections due; the worker does the rest."""
        self.message_user(request, f"{make_due(request, queryset)} due now.")


class AgentVersionInline(ReadOnlyInline[AgentVersion]):
    """Every graph that was seen."""

    model = AgentVersion
    fk_name = "agent"
    fields = readonly_fields = ("first_seen_at", "content_hash", "graph_hash")


@admin.register(Agent)
class AgentAdmin(ReadOnlyAdmin[Agent]):
    """Agents as last seen."""

    list_display = ("name", "connection", "remote_id", "seen_at", "removed_at")
    list_filter = ("connection", "removed_at")
    list_select_related = ("connection",)
    search_fields = ("name", "remote_id", "description")
    inlines = (AgentVersionInline,)
    actions = ("sync_now",)

    @admin.action(description="Sync now")
    def sync_now(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        """Make the chosen agents due; the worker fetches their graphs."""
        self.message_user(request, f"{make_due(request, queryset)} due now.")


@admin.register(AgentVersion)
class AgentVersionAdmin(ReadOnlyAdmin[AgentVersion]):
    """One graph, as the remote gave it."""

    list_display = ("agent", "content_hash", "graph_hash", "first_seen_at")
    list_select_related = ("agent",)
    search_fields = ("agent__name", "content_hash", "graph_hash")
    fields = ("agent", "content_hash", "graph_hash", "first_seen_at", "graph_text")
    readonly_fields = fields

    @admin.display(description="graph")
    def graph_text(self, version: AgentVersion) -> str:
        """The graph for reading."""
        return pretty(version.graph)


@admin.register(GraphLayout)
class GraphLayoutAdmin(ReadOnlyAdmin[GraphLayout]):
    """Positions by the hash of what is drawn."""

    list_display = ("graph_hash", "created_at")
    search_fields = ("graph_hash",)
