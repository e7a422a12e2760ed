"""What is changed by hand in the back office is written to the same audit trail as what is done on the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.utils import timezone

from runs import access
from runs.actions.audit import record
from runs.admin.readonly import ModelAdmin, RowT
from runs.models import AuditEvent

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

IDS_KEPT = 50


class AuditedAdmin(ModelAdmin[RowT]):
    """Django's own log of the admin is kept too; the audit trail adds the address, and what was before."""

    def state(self, obj: Model) -> dict[str, Any]:
        """What of the row is worth keeping in the trail; never a secret."""
        return {}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ANN401
        """Keep what was there before; what belongs to many rows (roles) is saved after this."""
        stored = type(obj)._default_manager.filter(pk=obj.pk).first() if change else None
        request.audit_before = self.state(stored) if stored else {}  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:  # noqa: ANN401 - Django's signature
        """A row was made."""
        record(access.actor_of(request), "admin.add", obj, after=self.state(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:  # noqa: ANN401
        """A row was changed, or a password was set."""
        before = getattr(request, "audit_before", {})
        after = self.state(obj) | {"changed": message if isinstance(message, str) else _fields(message)}
        record(access.actor_of(request), "admin.change", obj, before=before, after=after)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:  # noqa: ANN401
        """Rows are about to go."""
        for obj in queryset:
            record(access.actor_of(request), "admin.delete", obj, before=self.state(obj))
        return super().log_deletions(request, queryset)


def make_due(request: HttpRequest, rows: QuerySet[Any]) -> int:
    """The action *Sync now*: the chosen rows are due, and one row of the trail says who wanted it."""
    ids = [str(pk) for pk in rows.values_list("pk", flat=True)[:IDS_KEPT]]
    count = rows.update(due_at=timezone.now())
    actor = access.actor_of(request)
    AuditEvent.objects.create(
        user=actor.user,
        username=actor.user.get_username(),
        verb="admin.sync",
        object_type=rows.model._meta.model_name or "",
        object_label=f"{count} {rows.model._meta.verbose_name_plural}",
        after={"ids": ids},
        address=actor.address,
    )
    return count


def _fields(message: Any) -> list[str]:  # noqa: ANN401 - Django's list of changes
    return [field for part in message or () for field in part.get("changed", {}).get("fields", [])]
