"""Parameters are checked before anything is sent, and our table and the engine's agree."""

from __future__ import annotations

from typing import Any

import pytest

from runs.engine.http.parameters import check as engine_check
from runs.engine.http.refusals import Refusal
from runs.engine.nodes.catalogue import CATALOGUE
from runs.params import NODE_PARAMS, check

CLIPS = NODE_PARAMS["bcc5cb04-76b7-48e9-a344-0e8a29c19be0"]
CAPTIONS = NODE_PARAMS["cdccb204-168e-4aec-aa72-480b11e74324"]
REFRAME = NODE_PARAMS["0e3a90e4-173f-42fc-b7ef-0df6a062e26c"]
VIDEO_INPUT = NODE_PARAMS["9451e6ff-ac7f-4317-9055-a2f35f641b29"]
WATERMARK = NODE_PARAMS["6808af58-2d9a-4e3b-aacb-2d9c143b7729"]


@pytest.mark.parametrize(
    "values",
    [
        {"num_clips": 3, "target_duration": 7.5, "prompt": ""},
        {"num_clips": 1},
        {"num_clips": 20},
        {"num_clips": None},
        {},
    ],
)
def test_what_fits_may_be_sent(values: dict[str, Any]) -> None:
    assert check(CLIPS, values) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"num_clips": 0}, "is 0, but must be a whole number from 1 to 20"),
        ({"num_clips": 21}, "is 21"),
        ({"num_clips": 2.5}, "must be a whole number"),
        ({"num_clips": True}, "must be a whole number"),
        ({"num_clips": "3"}, "must be a whole number"),
        ({"target_duration": float("inf")}, "must be a number"),
        ({"prompt": None}, "must be text"),
        ({"clips": 3}, "is no parameter of this node. There are: prompt, num_clips, target_duration."),
        ({"scene_threshold": 3}, "only in the local engine"),
    ],
)
def test_what_does_not_fit_says_what_would(values: dict[str, Any], words: str) -> None:
    problems = check(CLIPS, values)
    assert [problem.key for problem in problems] == list(values)
    assert words in problems[0].text


def test_the_engine_takes_its_own_keys() -> None:
    assert check(CLIPS, {"scene_threshold": 3}, engine=True) == []
    assert check(REFRAME, {"aspect_ratio": "2:1"}, engine=True)[0].text.startswith("“aspect_ratio” must be one of 9:16")


def test_a_type_without_parameters_says_so() -> None:
    assert "has no parameters" in check(VIDEO_INPUT, {"x": 1})[0].text


def test_where_the_pages_are_silent_the_remote_decides() -> None:
    assert check(CAPTIONS, {"something_new": 1}) == []
    assert check(None, {"anything": [1, {}]}) == []
    assert check(CAPTIONS, {"something_new": 1}, engine=True)


def test_keys_the_agent_has_already_are_right() -> None:
    assert check(CLIPS, {"old_key": 1}, saved=["old_key"]) == []
    assert check(REFRAME, {"aspect_ratio": "weird"}, saved=["aspect_ratio"]) == []


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        ({"image_id": None}, True),
        ({"image_id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427"}, True),
        ({"image_id": "logo.png"}, False),
        ({"logo_position": "top-left"}, True),
        ({"logo_position": "middle"}, False),
        ({"logo_opacity": 9}, False),
    ],
)
def test_ids_choices_and_bounds(values: dict[str, Any], fits: bool) -> None:
    assert (check(WATERMARK, values) == []) is fits


def test_our_table_is_the_engines() -> None:
    for type_id, kind in CATALOGUE.items():
        ours = NODE_PARAMS[type_id]
        assert ours.name == kind.name
        assert {param.key for param in ours.params} == {param.key for param in kind.params}, kind.name
        for theirs in kind.params:
            param = ours.find(theirs.key)
            assert param is not None
            for name in (
                "type",
                "default",
                "enum",
                "minimum",
                "maximum",
                "required",
                "nullable",
                "unit",
                "engine_only",
                "source",
            ):
                assert getattr(param, name) == getattr(theirs, name), f"{kind.name}.{theirs.key}: {name}"


def test_every_parameter_names_its_source_and_can_be_described() -> None:
    for entry in NODE_PARAMS.values():
        for param in entry.params:
            assert param.source
            assert (param.source == "engine") == param.engine_only
            assert param.allowed


PROBES: tuple[Any, ...] = (
    None,
    True,
    False,
    -1,
    0,
    1,
    20,
    21,
    50,
    1e9,
    2.5,
    "",
    "x",
    "#fff",
    "#12",
    "16:9",
    [],
    [1],
    {},
    {"a": 1},
)


@pytest.mark.parametrize("type_id", sorted(CATALOGUE))
def test_what_we_refuse_the_engine_refuses_and_the_other_way_round(type_id: str) -> None:
    kind = CATALOGUE[type_id]
    for key in [*(param.key for param in kind.params), "no_such_key"]:
        for value in PROBES:
            try:
                engine_check(kind, {key: value}, "here")
                refused = False
            except Refusal:
                refused = True
            assert bool(check(NODE_PARAMS[type_id], {key: value}, engine=True)) is refused, (kind.name, key, value)
