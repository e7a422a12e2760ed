"""What the frame around every page shows: where one is, who one is, which connection is in trouble."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runs import access
from runs.access import Role
from runs.models import Connection

if TYPE_CHECKING:
    from django.http import HttpRequest

THEMES = ("dark", "light")
THEME_COOKIE = "mosaic_theme"
# The first part of an address → the entry of the navigation that is marked.
SECTIONS = ("agents", "runs", "billing", "settings")


@dataclass(frozen=True, slots=True)
class Chrome:
    """Everything ``base.html`` needs; read before the template starts, so that no query begins in one."""

    theme: str = ""
    section: str = ""
    role: str = ""
    administers: bool = False
    troubles: list[Connection] = field(default_factory=list)


def chrome(request: HttpRequest) -> dict[str, Chrome]:
    """Context processor. Partials and the back office have no frame and cost nothing."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    theme = theme if theme in THEMES else ""
    match = request.resolver_match
    user = getattr(request, "user", None)
    is_partial = bool(getattr(request, "htmx", False))
    if user is None or not user.is_authenticated or is_partial or (match and match.app_name == "admin"):
        return {"chrome": Chrome(theme=theme)}
    role = access.role_of(user)
    first = request.path.strip("/").split("/")[0]
    return {
        "chrome": Chrome(
            theme=theme,
            section=first if first in SECTIONS else ("home" if not first else ""),
            role=role.name.capitalize() if role else "No role yet",
            administers=access.may_administer(user),
            troubles=list(Connection.objects.enabled().exclude(last_error="")) if role >= Role.VIEWER else [],
        )
    }
