"""The web process: waitress on the socket that `up` opened."""

from __future__ import annotations

import http.client
import logging
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import waitress
from django.conf import settings
from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

log = logging.getLogger(__name__)

THREADS = 4
PROBED_PAGE = "/login/"
# Nothing that is sent here is larger; Django reads even less. Without a bound a stranger could fill the disk.
MAX_BODY_BYTES = 8 * 1024 * 1024


def options() -> dict[str, Any]:
    """How waitress is run. The answers do not say which server made them."""
    chosen: dict[str, Any] = {
        "threads": THREADS,
        "ident": None,
        "connection_limit": 500,
        "max_request_body_size": MAX_BODY_BYTES,
        "channel_timeout": 60,
        "asyncore_use_poll": True,
    }
    if settings.MOSAIC_TRUSTED_PROXY:
        # The proxy alone may say who asks, and by which scheme; from anybody else these headers are dropped.
        chosen |= {
            "trusted_proxy": settings.MOSAIC_TRUSTED_PROXY,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
            "trusted_proxy_count": 1,
        }
    return chosen


def serve(listener: socket.socket, answers: Callable[[], None]) -> None:
    """Serve until SIGTERM; ``answers`` is called once a page has really come back over the socket."""
    # Built only now: WhiteNoise reads the collected files when the application is made.
    application = get_wsgi_application()
    server = waitress.create_server(application, sockets=[listener], **options())
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_probe, args=(listener.getsockname(), answers), name="probe", daemon=True).start()
    server.run()


def _end(*_: object) -> NoReturn:
    raise SystemExit(0)


def _probe(address: tuple[Any, ...], answers: Callable[[], None]) -> None:
    host, port = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address[0], address[0]), address[1]  # noqa: S104
    while True:
        page = http.client.HTTPConnection(host, port, timeout=10)
        try:
            # As a proxy on this machine would ask, so that the page itself comes back and no redirection.
            page.request("GET", PROBED_PAGE, headers={"X-Forwarded-Proto": urlsplit(settings.PUBLIC_URL).scheme})
            status = page.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            log.warning("The server does not answer itself yet: %s", error)
        else:
            if status < 400:
                answers()
                return
            log.error("%s answers %d.", PROBED_PAGE, status)
        finally:
            page.close()
        time.sleep(1)
