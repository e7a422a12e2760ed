"""What cannot be sent is said at its node before anything is sent; what the remote refuses is put in its place."""

from __future__ import annotations

from typing import Any

import pytest

from runs import statuses
from runs.forms.refusals import place_refusal
from runs.models import Run
from tests.agents.conftest import LINK, Page, fault


def complaints(answer: Any) -> dict[str, str]:
    """Sentences by the place they link to."""
    found: dict[str, str] = {}
    for anchor, sentence in answer.context["complaints"]:
        found[anchor] = f"{found.get(anchor, '')} {sentence}".strip()
    return found


@pytest.mark.parametrize(
    ("fields", "number", "words"),
    [
        ({"video_urls_0": ""}, 0, "at least one link"),
        ({"video_urls_0": "ftp://a.example/x.mp4"}, 0, "is no link"),
        ({"video_urls_0": "https://"}, 0, "is no link"),
        ({"video_urls_0": "https://[broken"}, 0, "is no link"),
        ({"video_urls_0": "https://a.example/a b.mp4"}, 0, "Line 1"),
        ({"video_urls_0": f"{LINK}\n{LINK}"}, 0, "is there 2 times"),
        ({"video_urls_0": f"https://a.example/{'x' * 5000}"}, 0, "longer than"),
        ({"node_render_ids_0": "clip-7"}, 0, "is no render id"),
        ({"params_1": "{"}, 1, "not valid JSON (line 1, column 2"),
        ({"params_1": "[1]"}, 1, "one JSON object"),
        ({"params_1": '{"num_clips": NaN}'}, 1, "NaN is no number"),
        ({"params_1": '{"num_clips": 1, "num_clips": 2}'}, 1, "stands there twice"),
        ({"params_1": "[" * 100_000}, 1, "nested too deeply"),
        ({"params_1": '{"clips": 2}'}, 1, "is no parameter of this node"),
        ({"params_1": '{"num_clips": "2"}'}, 1, "must be a whole number"),
        ({"params_1": '{"num_clips": 99}'}, 1, "from 1 to 20"),
    ],
)
def test_what_is_wrong_is_said_at_its_node_and_kept_as_typed(
    page: Page, fields: dict[str, str], number: int, words: str
) -> None:
    answer = page.start(**fields)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in complaints(answer)[f"step-{page.ids[number]}"]
    assert f'href="#step-{page.ids[number]}"' in text
    assert 'role="alert" tabindex="-1" autofocus' in text
    assert answer.context["token"] == answer.wsgi_request.POST["start_token"]
    name, typed = next(iter(fields.items()))
    assert answer.context["form"][f"{name[:-2]}-{page.ids[number]}"].value() == typed
    assert Run.objects.count() == 0


def test_one_of_several_inputs_left_empty_is_named(two_inputs: Page) -> None:
    answer = two_inputs.start()
    assert list(complaints(answer)) == [f"step-{two_inputs.ids[1]}"]
    assert "Video Input 2" in complaints(answer)[f"step-{two_inputs.ids[1]}"]


def test_a_source_cannot_be_bypassed(page: Page) -> None:
    answer = page.start(ignore_nodes=[page.ids[0]])
    assert "cannot be bypassed" in complaints(answer)[f"step-{page.ids[0]}"]
    # The box that was set can be cleared again.
    assert f'value="{page.ids[0]}" checked' in answer.content.decode()


def test_not_everything_can_be_bypassed(page: Page) -> None:
    assert "Nothing would be left to run" in complaints(page.start(ignore_nodes=page.ids[1:]))[""]


def test_what_was_written_for_a_step_that_is_gone_is_not_dropped_silently(page: Page) -> None:
    gone = "params-00000000-0000-4000-8000-000000000000"
    answer = page.start(**{gone: '{"a": 1}', "ignore_nodes": ["00000000-0000-4000-8000-000000000001"]})
    assert answer.status_code == 422
    assert gone in complaints(answer)[""]
    assert "not part of this agent any more" in complaints(answer)[""]


def test_the_preview_says_the_same_and_redraws_the_graph(page: Page) -> None:
    answer = page.preview(video_urls_0="", ignore_nodes=[page.ids[1]])
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing can be sent yet" in text
    assert 'id="agent-graph" hx-swap-oob="outerMorph"' in text
    assert 'data-kind="detour"' in text
    assert "<html" not in text


def test_without_htmx_the_preview_is_the_whole_page(page: Page) -> None:
    answer = page.browser.post(f"{page.url}preview/", page.form(ignore_nodes=[page.ids[1]]))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" in text
    assert LINK in text
    assert "ignore_nodes&quot;" in text
    assert "complaints" not in text


@pytest.mark.parametrize(
    ("detail", "status", "number", "words"),
    [
        ("update_params: node {1} has no parameter 'x'.", 400, 1, "has no parameter"),
        ([{"loc": ["body", "update_params", "{1}", "num_clips"], "msg": "too many"}], 422, 1, "num_clips: too many"),
        ([{"loc": ["body", "num_clips"], "msg": "too many", "type": "value_error"}], 422, 1, "num_clips: too many"),
        ("num_clips must be lower on your plan", 422, 1, "lower on your plan"),
        ({"{0}": "this video is private"}, 400, 0, "this video is private"),
        (["first", {"loc": ["{0}"], "msg": "second"}], 422, 0, "second"),
    ],
)
def test_a_remote_refusal_stands_at_the_node_it_names(
    page: Page, detail: Any, status: int, number: int, words: str
) -> None:
    fault("status", status=status, detail=_filled(detail, page.ids))
    answer = page.start(params_1='{"num_clips": 2}')
    assert answer.status_code == 422
    assert words in complaints(answer)[f"step-{page.ids[number]}"]
    assert Run.objects.get().status == statuses.REFUSED
    assert answer.context["token"] != Run.objects.get().start_token


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("You have too many runs.", "You have too many runs."),
        ({"weird": [1, {"deep": None}]}, "&quot;deep&quot;: null"),
        ([{"unknown": 1}, "two"], "{&quot;unknown&quot;: 1}"),
        (17, "17"),
    ],
)
def test_what_names_no_place_is_shown_word_for_word_on_top(page: Page, detail: Any, shown: str) -> None:
    fault("status", status=400, detail=detail)
    answer = page.start()
    assert answer.status_code == 422
    assert shown in answer.content.decode()
    assert set(complaints(answer)) == {""}


def test_a_refusal_of_the_state_is_a_conflict(page: Page) -> None:
    fault("status", status=403, detail="No permission.")
    answer = page.start()
    assert answer.status_code == 409
    assert "No permission." in answer.content.decode()


def test_html_from_the_remote_is_a_start_nobody_knows_about(page: Page) -> None:
    fault("html")
    assert page.start().status_code == 303
    assert Run.objects.get().status == statuses.UNCONFIRMED


@pytest.mark.parametrize("detail", [None, "", [], {}])
def test_a_refusal_without_a_reason_says_at_least_that(detail: object) -> None:
    assert place_refusal(detail, "It gave no reason.", ["a"], {}) == [("", "It gave no reason.")]


def _filled(value: Any, ids: list[str]) -> Any:
    if isinstance(value, list):
        return [_filled(item, ids) for item in value]
    if isinstance(value, dict):
        return {_filled(key, ids): _filled(item, ids) for key, item in value.items()}
    if isinstance(value, str):
        return value.replace("{0}", ids[0]).replace("{1}", ids[1])
    return value
