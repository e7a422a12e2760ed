"""One function makes the body for the preview, the request, the curl line and the record."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.payload import RunRequest, Sources, build, count_inputs, curl, from_body, masked
from tests.values.topologies import graph_of, quick

LINK = "https://media.example/talk.mp4?signature=secret"
RENDER = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"


@pytest.mark.parametrize(
    ("text", "request_", "body"),
    [
        ("v > a", RunRequest({"v": Sources(video_urls=(LINK,))}), {"video_urls": [LINK]}),
        ("v > a", RunRequest({"v": Sources(node_render_ids=(RENDER,))}), {"node_render_ids": [RENDER]}),
        (
            "v > a",
            RunRequest({"v": Sources(video_urls=(LINK,), node_render_ids=(RENDER,))}),
            {"node_render_ids": [RENDER], "video_urls": [LINK]},
        ),
        (
            "v1 > a\nv2 > b",
            RunRequest({"v1": Sources(video_urls=(LINK,)), "v2": Sources(node_render_ids=(RENDER,))}),
            {
                "video_inputs": [
                    {"agent_node_id": "v1", "video_urls": [LINK]},
                    {"agent_node_id": "v2", "node_render_ids": [RENDER]},
                ]
            },
        ),
        (
            "g > a",
            RunRequest(update_params={"g": {"prompt": "a lighthouse"}}),
            {"update_params": {"g": {"prompt": "a lighthouse"}}},
        ),
        ("g > a", RunRequest(), {}),
        (
            "v > a > b",
            RunRequest({"v": Sources(video_urls=(LINK,))}, ("a",), {"b": {}}),
            {"video_urls": [LINK], "ignore_nodes": ["a"]},
        ),
        ("v > a", RunRequest(shorthand=Sources(video_ids=(RENDER,))), {"video_ids": [RENDER]}),
    ],
)
def test_bodies(text: str, request_: RunRequest, body: dict[str, object]) -> None:
    assert build(graph_of(text), request_) == body


ids = st.sampled_from(["a", "b", "c"])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
sources = st.builds(Sources, *[st.lists(texts, max_size=2).map(tuple)] * 3)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda x: st.lists(x, max_size=2) | st.dictionaries(texts, x, max_size=2),
)
requests = st.builds(
    RunRequest,
    st.fixed_dictionaries({"v1": sources, "v2": sources}),
    st.lists(ids, unique=True).map(tuple),
    st.dictionaries(ids, st.dictionaries(texts, values, min_size=1, max_size=3)),
)


@quick
@given(requests)
def test_a_stored_body_fills_the_form_that_makes_it_again(request: RunRequest) -> None:
    graph = graph_of("v1 > a > b\nv2 > c")
    body = build(graph, request)
    assert build(graph, from_body(body)) == body
    assert count_inputs(body) == sum(len(sources) for sources in request.inputs.values())


@quick
@given(requests)
def test_a_shell_sends_the_very_same_body(request: RunRequest) -> None:
    body = build(graph_of("v1 > a > b\nv2 > c"), request)
    words = shlex.split(curl("https://api.mosaic.so", "5f0c1d3e", body).replace("\\\n", ""))
    assert words[:4] == ["curl", "-X", "POST", "https://api.mosaic.so/agent/5f0c1d3e/run"]
    assert "Authorization: Bearer $MOSAIC_API_KEY" in words
    assert json.loads(words[words.index("--data-raw") + 1]) == body


@quick
@given(st.recursive(st.none() | st.integers() | texts, lambda x: st.lists(x) | st.dictionaries(texts, x), max_leaves=6))
def test_any_stored_json_is_read_without_an_exception(value: object) -> None:
    keys = ("video_inputs", "video_urls", "ignore_nodes", "update_params")
    build(graph_of("v > a"), from_body(dict.fromkeys(keys, value)))


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        (LINK, "https://media.example/talk.mp4?…"),
        ("https://user:pass@media.example/a.mp4#t=3", "https://media.example/a.mp4#…"),
        ("https://media.example/plain.mp4", "https://media.example/plain.mp4"),
        ("https://[broken", "…"),
        ("no link at all?", "no link at all?"),
    ],
)
def test_links_lose_what_may_be_a_secret(link: str, shown: str) -> None:
    assert masked({"video_inputs": [{"video_urls": [link]}], "n": 3}) == {
        "video_inputs": [{"video_urls": [shown]}],
        "n": 3,
    }
