"""The page of one run, its live part, and everything a person can do with a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from runs import access, actions, gateway
from runs.models import Run
from runs.models.run import WATCH_MARK_SECONDS
from runs.views import errors
from runs.views.methods import post_only
from runs.views.run_page import Notice, is_current, run_page

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest

    from runs.client import MosaicClient

OK = 200
SHORT_CODE_LENGTH = 100


@require_safe
def run(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """The whole page; a shared link to it needs no script to be read."""
    shown = access.run_for_view(request.user, run_id)
    # Without a script the page is all that is ever asked for: whoever loads it again and again is watching, too.
    if not shown.is_terminal:
        _note_watched(shown.pk, shown.watched_at)
    return render(request, "runs/run.html", {"page": run_page(request, shown)})


@login_not_required
@require_safe
def run_live(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """What an open page asks for again and again: 204 while it is up to date, else the live part.

    The session is checked here, in the two reads a poll may cost, and not by the login middleware, whose redirect
    would put the login form into the page.
    """
    polled = access.poll_version(request, run_id)
    if polled is None:
        return _not_shown(request)
    _note_watched(run_id, polled.watched_at)
    if is_current(request, polled):
        # The one thing that changes without news is how fresh the news is.
        heard = {"X-Synced-At": f"{polled.synced_at:%Y-%m-%dT%H:%M:%SZ}"} if polled.synced_at else None
        return HttpResponse(status=204, headers=heard)
    return _live(request, access.run_for_view(request.user, run_id))


@post_only("runs:run", "run_id")
def run_resume(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Queue again what failed, was blocked, cancelled or never started."""
    return _act(request, run_id, lambda run, client, by: actions.resume_run(run, client, by=by), "Resumed.")


@post_only("runs:run", "run_id")
def run_cancel(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Stop the run; finished outputs stay."""
    return _act(request, run_id, lambda run, client, by: actions.cancel_run(run, client, by=by), "Cancelled.")


@post_only("runs:run", "run_id")
def run_choose(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """A person says which remote run an unconfirmed start became."""
    remote_id = request.POST.get("remote_id", "")[:SHORT_CODE_LENGTH]
    chosen = "Confirmed: this is the run that was started."
    return _act(request, run_id, lambda run, _client, by: actions.choose_candidate(run, remote_id, by=by), chosen)


@post_only("runs:run", "run_id")
def run_abandon(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """A person says that an unconfirmed start never arrived; *Run again* is offered from then on."""
    given_up = "Noted: this start did not arrive. You can send it again."
    return _act(request, run_id, lambda run, _client, by: actions.abandon_start(run, by=by), given_up)


@post_only("runs:run", "run_id")
def run_dismiss(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Take the run off the list of what needs somebody."""
    dismissed = "Taken off the list of runs that need attention."
    answer = _act(request, run_id, lambda run, _client, by: actions.dismiss_run(run, by=by), dismissed)
    return redirect("runs:home") if request.POST.get("next") == "home" else answer


def _act(
    request: HttpRequest,
    run_id: uuid.UUID,
    deed: Callable[[Run, MosaicClient, access.Actor], object],
    done: str,
) -> HttpResponse:
    """Check, do the one thing, and answer with the live part (htmx) or with a message on the page (without)."""
    run = access.run_for_change(request.user, run_id)
    try:
        deed(run, gateway.client_for(run.connection), access.actor_of(request))
    except errors.EXPECTED as error:
        trouble = errors.trouble_of(error)
        if not request.htmx:  # type: ignore[attr-defined]
            return errors.send_back(request, trouble, "runs:run", run_id)
        notice, status = Notice(trouble.tone, trouble.sentence), trouble.status
    else:
        if not request.htmx:  # type: ignore[attr-defined]
            messages.success(request, done)
            return redirect("runs:run", run_id)
        notice, status = Notice("good", done), OK
    return _live(request, access.run_for_view(request.user, run_id), notice, status)


def _live(request: HttpRequest, run: Run, notice: Notice | None = None, status: int = OK) -> HttpResponse:
    """The polling root, rendered in one place for polls and deeds alike.

    Stripped: a morph would leave the white space around the root behind, a little more with each answer.
    """
    html = render_to_string("runs/_run_live.html", {"page": run_page(request, run, notice)}, request)
    return HttpResponse(html.strip(), status=status)


def _note_watched(run_id: uuid.UUID, watched_at: datetime | None) -> None:
    if watched_at is None or (timezone.now() - watched_at).total_seconds() >= WATCH_MARK_SECONDS:
        Run.objects.mark_watched(run_id)


def _not_shown(request: HttpRequest) -> HttpResponse:
    """An open page whose person was logged out, or lost the role, is told to load anew and then says so itself."""
    status = 404 if request.user.is_authenticated else 401
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=status, headers={"HX-Refresh": "true"})
    if status == 401:
        return redirect_to_login(request.get_full_path())
    raise Http404
