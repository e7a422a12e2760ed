"""An editor without a browser: logs in, fills the plain forms, reads the pages."""

from __future__ import annotations

import html
import re
import time

import requests

FIELD = re.compile(r'<(?:input|textarea)[^>]*\bname="([^"]+)"[^>]*>', re.DOTALL)
PATIENCE = 60.0
# A start that can be found is found within a look or two.
DOUBT_SECONDS = 12.0


class Editor:
    """One person's session over plain HTTP. Requests are repeated while the web process starts again."""

    def __init__(self, address: str, password: str, username: str = "admin") -> None:
        self.address = address
        self.session = requests.Session()
        self.session.trust_env = False
        self._login(username, password)

    def _login(self, username: str, password: str) -> None:
        page = self.get("/login/").text
        answer = self.post(
            "/login/",
            {"csrfmiddlewaretoken": hidden(page, "csrfmiddlewaretoken"), "username": username, "password": password},
        )
        assert answer.status_code in {200, 302}, answer.status_code
        assert "mosaic_session" in self.session.cookies, answer.text[:2000]

    def get(self, path: str) -> requests.Response:
        """GET, again and again while nobody answers."""
        return self._patiently("GET", path, None)

    def post(self, path: str, form: dict[str, str]) -> requests.Response:
        """POST the same form again while nobody answers: what a person does with a page that did not load."""
        return self._patiently("POST", path, form)

    def _patiently(self, method: str, path: str, form: dict[str, str] | None) -> requests.Response:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.session.request(
                    method, self.address + path, data=form, timeout=20, headers={"Referer": self.address + path}
                )
            except requests.RequestException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def agent(self, name: str) -> str:
        """The path of an agent's page, by its name."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            page = self.get(f"/agents/?q={name}").text
            for path, text in re.findall(r'href="(/agents/[0-9a-f-]{36}/)"[^>]*>(.*?)</a>', page, re.DOTALL):
                if name in html.unescape(re.sub(r"<[^>]+>", " ", text)):
                    return str(path)
            time.sleep(0.2)
        raise AssertionError(f"no agent {name!r}")

    def form(self, agent: str, video_url: str) -> dict[str, str]:
        """The agent's run form as it stands, with ``video_url`` for every Video Input."""
        page = self.get(agent).text
        form = {name: video_url for name in FIELD.findall(page) if name.startswith("video_urls-")}
        for name in ("csrfmiddlewaretoken", "start_token"):
            form[name] = hidden(page, name)
        return form

    def start(self, agent: str, form: dict[str, str]) -> str:
        """Send the form; the path of the run's page."""
        answer = self.post(f"{agent}run/", form)
        found = re.search(r"/runs/[0-9a-f-]{36}/", answer.url)
        assert found, f"{answer.status_code} {answer.url}\n{answer.text[:3000]}"
        return found[0]

    def status(self, run: str) -> str:
        """The run's status as its page shows it."""
        found = re.search(r'data-run-status="([^"]+)"', self.get(run).text)
        assert found
        return found[1]

    def wait(self, run: str, *statuses: str, seconds: float = PATIENCE) -> str:
        """Look until the run has one of the statuses; fails with the page's words when it does not come."""
        deadline = time.monotonic() + seconds
        while (status := self.status(run)) not in statuses:
            if time.monotonic() > deadline:
                words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.get(run).text))
                raise AssertionError(f"{run} is {status}, not {statuses}: {words[:3000]}")
            time.sleep(0.2)
        return status

    def press(self, run: str, deed: str, **values: str) -> requests.Response:
        """Press a button of the run's page."""
        token = hidden(self.get(run).text, "csrfmiddlewaretoken")
        return self.post(f"{run}{deed}/", {"csrfmiddlewaretoken": token, **values})

    def decide_and_wait(self, run: str, seconds: float = PATIENCE) -> str:
        """Wait for the run's end; asked which remote run a lost start became, choose the first one.

        The answer is ``completed``, or ``unconfirmed`` for a start that has been looked for and fits nothing.
        """
        deadline = time.monotonic() + seconds
        doubtful_since = None
        while (status := self.status(run)) != "completed":
            now = time.monotonic()
            assert now < deadline, f"{run} is {status}"
            if status == "unconfirmed":
                doubtful_since = doubtful_since or now
                if candidate := re.search(r'id="choose-([^"]+)"', self.get(run).text):
                    self.press(run, "choose", remote_id=candidate[1])
                    doubtful_since = None
                elif now - doubtful_since > DOUBT_SECONDS:
                    return status
            time.sleep(0.2)
        return status


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, f"no field {name!r} in {page[:500]}"
    return found[1]
