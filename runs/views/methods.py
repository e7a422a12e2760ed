"""Addresses that only act: whoever merely looks there is sent to the page that has the button."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from django.http import HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Concatenate

    from django.http import HttpRequest, HttpResponse

    View = Callable[Concatenate[HttpRequest, ...], HttpResponse]


def post_only(page: str, *kept: str) -> Callable[[View], View]:
    """Let POST through; lead GET to the route ``page``, with the arguments named in ``kept``.

    People come here by GET without meaning to: they reload a form that was refused, or log in after a form was sent
    with an ended session.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, **kwargs: object) -> HttpResponse:
            if request.method == "POST":
                return view(request, **kwargs)
            if request.method in {"GET", "HEAD"}:
                return redirect(reverse(page, kwargs={name: kwargs[name] for name in kept}))
            return HttpResponseNotAllowed(["POST"])

        return checked

    return decorate
