"""Connections, and where people and roles are kept. Everybody sees how things stand; administrators change them."""

from __future__ import annotations

import platform
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from runs import access, actions, gateway
from runs.forms.connections import ConnectionForm
from runs.models import Connection
from runs.views import errors
from runs.views.methods import post_only

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse


@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """How each connection stands, the roles, and what runs here."""
    access.require_view(request.user)
    administers = access.may_administer(request.user)
    context = {
        "connections": list(Connection.objects.all()) if administers else access.connections_for(request.user),
        "may_administer": administers,
        "roles": [(role.name.capitalize(), meaning) for role, meaning in ROLE_MEANINGS.items()],
        "my_role": access.role_of(request.user).name.capitalize(),
        "about": _about(),
    }
    return render(request, "settings/settings.html", context)


ROLE_MEANINGS = {
    access.Role.VIEWER: "Sees agents, runs, outputs and credits.",
    access.Role.EDITOR: "Also starts, resumes, cancels and dismisses runs.",
    access.Role.MANAGER: "Also changes the plan.",
    access.Role.ADMINISTRATOR: "Also changes connections and people.",
}


@sensitive_post_parameters("api_key")
@require_http_methods(["GET", "HEAD", "POST"])
def connection_create(request: HttpRequest) -> HttpResponse:
    """A new connection to the Mosaic API."""
    access.require_administer(request.user)
    return _form(request, None)


@sensitive_post_parameters("api_key")
@require_http_methods(["GET", "HEAD", "POST"])
def connection_update(request: HttpRequest, connection_id: uuid.UUID) -> HttpResponse:
    """Another name, address or key."""
    return _form(request, access.connection_for_administer(request.user, connection_id))


@post_only("runs:settings")
def connection_test(request: HttpRequest, connection_id: uuid.UUID) -> HttpResponse:
    """Ask the remote whose key it is, and say in one sentence what came back."""
    connection = access.connection_for_administer(request.user, connection_id)
    try:
        sentence = actions.test_connection(connection, gateway.client_for(connection), by=access.actor_of(request))
    except errors.EXPECTED as error:
        messages.error(request, f"{connection.name}: {errors.trouble_of(error).sentence}")
    else:
        messages.success(request, f"{connection.name}: {sentence}")
    return redirect("runs:settings")


def _form(request: HttpRequest, connection: Connection | None) -> HttpResponse:
    form = ConnectionForm(request.POST if request.method == "POST" else None, connection=connection)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                saved = actions.save_connection(connection, by=access.actor_of(request), **form.cleaned_data)
            except errors.EXPECTED as error:
                form.add_error(None, errors.trouble_of(error).sentence)
                status = errors.CONFLICT
            else:
                messages.success(request, f"{saved.name} is saved. Test it to see that the key works.")
                return redirect("runs:settings")
    context = {"form": form, "connection": connection}
    return render(request, "settings/connection.html", context, status=status)


def _about() -> list[tuple[str, str]]:
    return [("Mosaic Dashboard", _version()), ("Django", django.get_version()), ("Python", platform.python_version())]


@lru_cache(maxsize=1)
def _version() -> str:
    """The version stands in one place, the project file; the dashboard runs from its clone, never installed."""
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
