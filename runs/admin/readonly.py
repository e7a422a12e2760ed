"""What the remote or the software owns is looked at here, not edited."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.db import models
from django.utils.html import format_html

if TYPE_CHECKING:
    from django.http import HttpRequest

RowT = TypeVar("RowT", bound=models.Model)

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline
else:
    # The stubs make these generic; at run time they are plain classes.
    class ModelAdmin(admin.ModelAdmin):
        def __class_getitem__(cls, _item: object) -> type:
            return cls

    class TabularInline(admin.TabularInline):
        def __class_getitem__(cls, _item: object) -> type:
            return cls


def pretty(value: object) -> str:
    """JSON for reading."""
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False, default=str))


class ReadOnlyAdmin(ModelAdmin[RowT]):
    """Looked at, never added, changed or deleted by hand."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from the software."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401 - Django's signature
        """The truth is elsewhere."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        """History stays."""
        return False


class ReadOnlyInline(TabularInline[RowT, models.Model]):
    """A table of parts inside another row's page."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        """Parts come from the software."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        """The truth is elsewhere."""
        return False
