"""Coming in and going out. Failed attempts are counted by account and by address, each with a growing wait."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from runs import access
from runs.forms.login import LoginForm
from runs.models import AuditEvent, LoginThrottle
from runs.views.methods import post_only

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

# Failures without a wait, and the longest wait in seconds. Accounts are blocked briefly, so that nobody can lock a
# colleague out for long; addresses longer, and later, since a whole office may share one.
ACCOUNT_FREE, ACCOUNT_LONGEST = 5, 300
ADDRESS_FREE, ADDRESS_LONGEST = 20, 900
WRONG = "Account name and password do not fit. Check both; capital letters count in the password."


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """The login page; ``next`` is followed only inside this site."""
    if getattr(request, "htmx", False):
        return _to_a_whole_page(request)
    target = _safe_next(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(target)
    form = LoginForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, status=422 if request.method == "POST" else 200)
    username = form.cleaned_data["username"]
    keys = _throttle_keys(request, username)
    wait = LoginThrottle.objects.wait_seconds(keys.values())
    if wait:
        form.add_error(None, f"Too many failed attempts. Try again in {_spoken(wait)}.")
        response = _page(request, form, status=429)
        response["Retry-After"] = str(wait)
        return response
    # Django hashes the password for unknown names too, so the time taken tells nothing.
    user = auth.authenticate(request, username=username, password=form.cleaned_data["password"])
    if user is None:
        _note_failure(request, username, keys)
        form.add_error(None, WRONG)
        return _page(request, form, status=422)
    LoginThrottle.objects.forget([keys["account"]])
    auth.login(request, user)
    _note(request, "login", user)
    return HttpResponseRedirect(target)


@post_only("runs:home")
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    assert request.user.is_authenticated  # noqa: S101 - the login middleware saw to it
    _note(request, "logout", request.user)
    auth.logout(request)
    return redirect("runs:login")


def _page(request: HttpRequest, form: LoginForm, *, status: int) -> HttpResponse:
    return render(request, "login.html", {"form": form, "next": _asked_next(request)}, status=status)


def _to_a_whole_page(request: HttpRequest) -> HttpResponse:
    """A partial was asked for after the session ended: the whole page goes to the login, and comes back after it."""
    here = request.htmx.current_url_abs_path or resolve_url("runs:home")  # type: ignore[attr-defined]
    return HttpResponseClientRedirect(f"{reverse('runs:login')}?{urlencode({'next': here})}")


def _asked_next(request: HttpRequest) -> str:
    return str(request.POST.get("next") or request.GET.get("next") or "")


def _safe_next(request: HttpRequest) -> str:
    asked = _asked_next(request)
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    # A path and nothing else: one that is relative would lead to somewhere below the login page.
    return asked if is_ours and asked.startswith("/") else resolve_url("runs:home")


def _throttle_keys(request: HttpRequest, username: str) -> dict[str, str]:
    return {"account": f"account:{username.lower()}"[:200], "address": f"address:{_neighbourhood(request)}"}


def _neighbourhood(request: HttpRequest) -> str:
    """The address that is counted: of IPv6 the network, since every customer has a whole one to choose from."""
    address = access.actor_of(request).address or "unknown"
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))


def _note_failure(request: HttpRequest, username: str, keys: dict[str, str]) -> None:
    throttles = LoginThrottle.objects
    throttles.note_failure(keys["account"], free=ACCOUNT_FREE, longest_seconds=ACCOUNT_LONGEST)
    throttles.note_failure(keys["address"], free=ADDRESS_FREE, longest_seconds=ADDRESS_LONGEST)
    # What was typed is kept only when it names an account: people type passwords into the wrong field.
    known = auth.get_user_model().objects.filter(username=username).first()
    _note(request, "login_failed", known)


def _note(request: HttpRequest, verb: str, user: User | None) -> None:
    name = user.get_username() if user else ""
    AuditEvent.objects.create(
        user=user,
        username=name,
        verb=verb,
        object_type="account",
        object_id=str(user.pk) if user else "",
        object_label=name or "unknown account",
        address=access.actor_of(request).address,
    )


def _spoken(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} seconds" if seconds != 1 else "1 second"
    minutes = -(-seconds // 60)
    return f"{minutes} minutes" if minutes != 1 else "1 minute"
