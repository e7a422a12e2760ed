"""Whatever is typed or pasted into the form that starts a run is answered by a sentence, never by an error page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runs.forms.links import COMPLAINTS, DEEPEST
from runs.models import Run

if TYPE_CHECKING:
    from tests.agents.conftest import Page

pytestmark = pytest.mark.django_db


def _nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (_nested(DEEPEST + 1), "nested too deeply"),
        (_nested(600), "nested too deeply"),
        (_nested(50_000), "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        ('{"num_clips": %s}' % ("9" * 5000), "too long to be sent"),
        ('{"num_clips": 1e999}', "no number that can be sent"),
        ('{"num_clips": NaN}', "no number that can be sent"),
        ('{"prompt": "\\ud83d"}', "half a character"),
        ('{"\\udc00": 1}', "half a character"),
        ("{\0}", "Null characters are not allowed"),
        ("\ufeff{}", "not valid JSON"),
    ],
    ids=lambda value: str(value)[:20].replace("\0", "NUL"),
)
def test_json_that_nobody_can_send(page: Page, text: str, sentence: str) -> None:
    answer = page.start(params_1=text)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert page.preview(params_1=text).status_code == 422
    assert not Run.objects.exists()


def test_ten_thousand_wrong_lines_are_one_short_answer(page: Page) -> None:
    lines = "\n".join(f"no link {number}" for number in range(10_000))
    answer = page.start(video_urls_0=lines)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f"{10_000 - COMPLAINTS} more like these." in text
    assert text.count("is no link.") <= 3 * COMPLAINTS
    assert "no link 9999" in text


@pytest.mark.parametrize(
    "link", ["https://[", "javascript:alert(1)", "file:///etc/passwd", "data:video/mp4;base64,AA", "//evil.example/x"]
)
def test_what_is_no_link_is_not_sent(page: Page, link: str) -> None:
    assert page.start(video_urls_0=link).status_code == 422
    assert not Run.objects.exists()


@pytest.mark.parametrize("token", ["x" * 65, "a\0b", ""])
def test_odd_tokens_start_nothing(page: Page, token: str) -> None:
    assert page.start(start_token=token).status_code == 422
    assert not Run.objects.exists()


def test_markup_in_every_field_stays_text(page: Page) -> None:
    evil = "</textarea><script>alert(1)</script>"
    fields = {"params_1": evil, "video_urls_0": evil, "node_render_ids_0": evil, "ignore_nodes": evil}
    text = page.start(**fields).content.decode()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize("query", ["like=%00", "like=x", "use=%ED%A0%80", "use=../../etc", "like=", "use="])
def test_odd_beginnings_fill_nothing(page: Page, query: str) -> None:
    assert page.browser.get(f"{page.url}?{query}").status_code == 200
