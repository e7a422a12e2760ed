"""The session every request goes through: the key, no proxy or netrc from the environment, no cookies."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING

import requests
from requests.auth import AuthBase

if TYPE_CHECKING:
    from requests import PreparedRequest

AGENT_NAME = "mosaic-dashboard"


class BearerAuth(AuthBase):
    """``Authorization: Bearer <key>``; as an auth object it also keeps requests from reading ``~/.netrc``."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def __repr__(self) -> str:
        return "BearerAuth(…)"


class _Session(requests.Session):
    """Redirects are told about and never followed, so their targets are not even read: a broken one would raise."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None."""
        return None


def make_session(key: str) -> requests.Session:
    """A session for one key; not to be shared between threads."""
    session = _Session()
    session.trust_env = False
    session.auth = BearerAuth(key)
    session.headers.update({"Accept": "application/json", "User-Agent": AGENT_NAME})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session
