"""Credits and plan of each connection, and the change of a plan.

The page reads the remote when the record is older than a minute and shows the record, with its time, when it is away.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from runs import access, actions, gateway
from runs.views import errors
from runs.views.methods import post_only
from runs.views.money import money_of, plan_name
from runs.views.run_list import NEWEST_FIRST, SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

    from runs.models import Connection, Run

FRESH_FOR = timedelta(minutes=1)
WAITING_SHOWN = 20
PLAN_ID_LENGTH = 100
# Where the address of a payment page waits until it is opened. The browser is not redirected there by the answer to
# the form: a page that lets forms lead anywhere would have to say so in its security policy.
CHECKOUT = "checkout"


@require_safe
def billing(request: HttpRequest) -> HttpResponse:
    """Balance, plan and plans of every connection; ``?again`` reads them anew whatever their age."""
    access.require_view(request.user)
    connections = access.connections_for(request.user)
    waiting = access.runs_for(request.user).waiting_for_credits().select_related("agent", "connection", "started_by")
    rows = list(waiting.only(*SHOWN).order_by(*NEWEST_FIRST)[: WAITING_SHOWN + 1])
    asked = "again" in request.GET
    for connection in connections:
        if _is_to_be_read(connection, rows, asked=asked):
            _read(connection, patiently=asked)
    checkout = request.session.get(CHECKOUT)
    context = {
        "money": [money_of(connection) for connection in connections],
        "may_spend": access.may_spend(request.user),
        "waiting": rows[:WAITING_SHOWN],
        "more_waiting": len(rows) > WAITING_SHOWN,
        "checkout": checkout,
        "opens_checkout": bool(checkout) and "checkout" in request.GET,
    }
    if checkout and "again" in request.GET:
        del request.session[CHECKOUT]
        context["checkout"] = None
    return render(request, "billing/billing.html", context)


@post_only("runs:billing")
def billing_upgrade(request: HttpRequest) -> HttpResponse:
    """Ask for another plan; where the answer asks for payment, go on to the page that takes it."""
    connection = access.connection_for_spend(request.user, _posted_id(request))
    plan_id = request.POST.get("plan_id", "").strip()[:PLAN_ID_LENGTH]
    if not plan_id:
        messages.error(request, "Choose a plan first.")
        return redirect("runs:billing")
    back = request.build_absolute_uri(f"{reverse('runs:billing')}?again=1")
    client, actor = gateway.client_for(connection), access.actor_of(request)
    try:
        result = actions.upgrade_plan(connection, client, plan_id, back, by=actor)
    except errors.EXPECTED as error:
        return errors.send_back(request, errors.trouble_of(error), "runs:billing")
    if result.requires_checkout:
        return _to_checkout(request, connection, result.checkout_url)
    if result.success:
        messages.success(request, f"{connection.name} is on the plan {plan_name(result.plan_id or plan_id)} now.")
    else:
        messages.warning(request, f"{connection.name} did not confirm the change. The plan below is what it says now.")
    return redirect("runs:billing")


def _to_checkout(request: HttpRequest, connection: Connection, url: str) -> HttpResponse:
    if not is_trustworthy(url):
        messages.error(request, f"{connection.name} asks for a payment but gave no safe address for it.")
        return redirect("runs:billing")
    request.session[CHECKOUT] = {"url": url, "host": urlsplit(url).hostname, "name": connection.name}
    return redirect(f"{reverse('runs:billing')}?checkout=1")


def is_trustworthy(url: str) -> bool:
    """Payment pages are opened over HTTPS alone; this machine itself needs no encryption."""
    # What this reads as one host and a browser as another has no business here.
    if "\\" in url or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if "@" in parts.netloc:
        return False
    host = parts.hostname or ""
    if parts.scheme == "https":
        return bool(host)
    return parts.scheme == "http" and (host == "localhost" or _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_to_be_read(connection: Connection, waiting: Iterable[Run], *, asked: bool) -> bool:
    """A remote known to be away is not waited for again by everyone who opens the page."""
    if asked or connection.in_trouble:
        return asked
    read_at = connection.billing_at
    if read_at is None or timezone.now() - read_at > FRESH_FOR:
        return True
    # A run that stopped for want of credits knows better than a balance from before.
    ends = (run.finished_at for run in waiting if run.connection_id == connection.pk)
    return any(end is not None and end > read_at for end in ends)


def _read(connection: Connection, *, patiently: bool) -> None:
    """A failure is written down by the action and shown by the banner; the page shows what was known before."""
    client = gateway.client_for(connection) if patiently else gateway.client_for(connection, gateway.FOR_A_GLANCE)
    with suppress(*errors.EXPECTED):
        actions.refresh_billing(connection, client)


def _posted_id(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("connection", ""))
    except ValueError as error:
        raise Http404 from error
