"""Middlewares of our own: pages travel compressed, and a poll without news carries and costs next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.middleware.gzip import GZipMiddleware

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

# Headers that speak about a document; an answer without a body has none.
DOCUMENT_HEADERS = (
    "Content-Security-Policy",
    "Content-Type",
    "Cross-Origin-Opener-Policy",
    "Referrer-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
)


def lean_poll(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Leave the document-only headers off a 204 answer (RFC 9110, 15.3.5: it has no content)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 204:
            for name in DOCUMENT_HEADERS:
                del response[name]
        return response

    return middleware


def honest_head(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer HEAD with the headers alone.

    Waitress sends whatever it is given, and a body after a HEAD answer is read as the beginning of the next answer on
    a kept connection, which a proxy may hand to somebody else.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "HEAD" and not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response

    return middleware


def private_pages(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Nothing that was made for one person is kept by a cache that serves others, or shown again without asking."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code != 204:
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return middleware


class LoginRequired(LoginRequiredMiddleware):
    """Django's, which loads the user even for views that are open without login; those ask for what they need."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[object, ...],
        view_kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        """Look at the view's mark first: a poll checks its session in the two reads it may cost."""
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class PageGZip(GZipMiddleware):
    """Compress pages (Django pads them at random, against BREACH); never a stream, which is a video with ranges."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Leave streams and partial answers as they are."""
        if response.streaming or response.status_code == 206:
            return response
        return super().process_response(request, response)
