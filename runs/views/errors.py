"""What can go wrong in an action, as an answer: a status code that means something, and one sentence.

A view catches ``EXPECTED``, makes a ``Trouble`` of it and shows it in the partial it would have answered with, or,
without htmx, calls :func:`send_back`. 409: not possible in this state, or refused. 422: the remote found fault with
the values. 503: no answer that counts, try again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect

from runs.actions import ActionNotAllowed
from runs.client.errors import MosaicError, MosaicRejected, MosaicUnavailable

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

EXPECTED = (ActionNotAllowed, MosaicError)

CONFLICT = 409
INVALID = 422
UNAVAILABLE = 503
# Refusals that speak about the values that were sent; all others speak about the state, the key or the account.
ABOUT_VALUES = (400, 422)
WE_WILL_FIND_OUT = "It may have been carried out all the same: we will find out and show it here."


@dataclass(frozen=True, slots=True)
class Trouble:
    """``sentence`` is for people; ``code`` and ``detail`` are the remote's own, for putting a refusal in its place."""

    status: int
    sentence: str
    code: str = ""
    detail: Any = None

    @property
    def tone(self) -> str:
        """``warn`` where trying again may help, ``bad`` where something must be changed."""
        return "warn" if self.status == UNAVAILABLE else "bad"


def trouble_of(error: Exception) -> Trouble:
    """The answer to one of ``EXPECTED``; anything else is a bug and is raised again."""
    if isinstance(error, ActionNotAllowed):
        return Trouble(CONFLICT, str(error))
    if isinstance(error, MosaicRejected):
        status = INVALID if error.status in ABOUT_VALUES else CONFLICT
        return Trouble(status, str(error), error.code, error.detail)
    if isinstance(error, MosaicUnavailable) and error.retry_after:
        return Trouble(UNAVAILABLE, f"{error} It asks to be left alone for {error.retry_after:.0f} s.")
    if isinstance(error, MosaicError):
        lost = getattr(error, "may_have_acted", False)
        return Trouble(UNAVAILABLE, f"{error} {WE_WILL_FIND_OUT}" if lost else str(error))
    raise error


def send_back(request: HttpRequest, trouble: Trouble, to: str, *args: object) -> HttpResponse:
    """The answer without htmx: back to the page named ``to``, with the sentence on top of it."""
    level = messages.WARNING if trouble.status == UNAVAILABLE else messages.ERROR
    messages.add_message(request, level, trouble.sentence)
    return redirect(to, *args)
