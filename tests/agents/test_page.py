"""The agent page: who sees what, where the form is filled from, and what it costs."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from runs.models import Agent, GraphLayout
from tests.agents.conftest import LINK, Page, known_to_both
from tests.factories import CLIPS, MIRROR, VIDEO_INPUT, make_agent, make_connection, make_graph, make_output, make_run

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

SAMPLE = "/engine/samples/sample-clip.mp4"


def test_an_editor_sees_the_graph_and_a_form_filled_with_the_sample(page: Page) -> None:
    text = page.get().content.decode()
    for node_id in page.ids:
        assert f'data-node-id="{node_id}"' in text
        assert f'name="params-{node_id}"' in text
    for name in ("video_urls", "node_render_ids"):
        assert f'name="{name}-{page.ids[0]}"' in text
    assert f'name="ignore_nodes" value="{page.ids[1]}"' in text
    assert f'name="ignore_nodes" value="{page.ids[0]}"' not in text
    assert SAMPLE in page.get().context["sent"].body
    assert "num_clips" in text
    assert "local engine only" in text


def test_a_mosaic_agent_has_no_sample_and_no_engine_keys(as_alice: Client) -> None:
    connection = make_connection(kind="mosaic", name="Mosaic", address="https://api.mosaic.so")
    agent = make_agent(connection, make_graph(VIDEO_INPUT, MIRROR))
    answer = as_alice.get(f"/agents/{agent.pk}/")
    assert answer.context["sent"] is None
    assert SAMPLE not in answer.content.decode()
    assert "local engine only" not in answer.content.decode()


def test_a_viewer_sees_the_graph_and_why_there_is_no_form(page: Page, as_bob: Client) -> None:
    text = as_bob.get(page.url).content.decode()
    assert f'data-node-id="{page.ids[0]}"' in text
    assert "needs the Editor role" in text
    assert "start_token" not in text
    assert "What will be sent" not in text


def test_a_viewer_never_sees_a_link_with_its_query(page: Page, as_bob: Client) -> None:
    run = make_run(page.agent)
    text = as_bob.get(page.url, {"like": str(run.pk)}).content.decode()
    assert "signature=secret" not in text


@pytest.mark.parametrize("path", ["", "graph/"])
def test_a_stranger_finds_nothing(page: Page, as_charlie: Client, path: str) -> None:
    assert as_charlie.get(f"{page.url}{path}").status_code == 404
    assert as_charlie.get(f"/agents/{uuid.uuid4()}/{path}").status_code == 404


def test_nobody_is_sent_to_the_login(page: Page, client: Client) -> None:
    assert client.get(page.url).status_code == 302


def test_without_positions_the_steps_are_listed_and_asked_for_again(page: Page) -> None:
    GraphLayout.objects.all().delete()
    text = page.get().content.decode()
    assert 'hx-trigger="every 2s"' in text
    assert f'data-node-id="{page.ids[2]}"' in text
    assert "being made" in text
    assert page.start().status_code == 303


def test_the_drawing_alone_stops_asking_once_it_is_there(page: Page) -> None:
    text = page.browser.get(f"{page.url}graph/").content.decode()
    assert "<svg" in text
    assert "hx-trigger" not in text
    GraphLayout.objects.all().delete()
    assert "every 2s" in page.browser.get(f"{page.url}graph/").content.decode()


def test_an_agent_whose_steps_are_not_known_yet_says_so(as_alice: Client) -> None:
    agent = make_agent()
    Agent.objects.update(current_version=None)
    answer = as_alice.get(f"/agents/{agent.pk}/")
    assert answer.status_code == 200
    assert "not been read yet" in answer.content.decode()


def test_whatever_graph_a_remote_sent_the_page_is_there(as_alice: Client) -> None:
    graph = make_graph(VIDEO_INPUT, "", MIRROR)
    ids = [node["id"] for node in graph["nodes"]]
    graph["nodes"].append({"id": "not-a-uuid", "type_name": None, "params": None})
    graph["edges"] += [[ids[2], ids[1]], [ids[0], ids[0]], [ids[0], "nowhere"], ["nowhere", ids[1]], "x"]
    agent = make_agent(graph=graph)
    text = as_alice.get(f"/agents/{agent.pk}/").content.decode()
    for words in (
        "part of a circle",
        "connected to itself",
        "not part of this agent",
        "Unknown node",
        "No video reaches",
    ):
        assert words in text


def test_like_fills_everything_and_lists_what_no_longer_fits(page: Page) -> None:
    old = make_graph(VIDEO_INPUT, CLIPS, MIRROR, "removed")
    gone = next(node["id"] for node in old["nodes"] if node["type_id"] == "removed")
    body = {
        "video_urls": ["https://media.example/a.mp4?sig=1"],
        "ignore_nodes": [page.ids[2], gone],
        "update_params": {page.ids[1]: {"num_clips": 4}, gone: {"strength": 7}},
        "callback_url": "https://hook.example/",
    }
    answer = page.get(like=make_run(page.agent, body=body).pk)
    form, lost = answer.context["form"], " ".join(answer.context["start"].lost)
    assert form[f"video_urls-{page.ids[0]}"].value() == "https://media.example/a.mp4?sig=1"
    assert form[f"params-{page.ids[1]}"].value() == '{\n  "num_clips": 4\n}'
    assert form.bypassed == [page.ids[2]]
    for words in (gone, "strength", "hook.example"):
        assert words in lost
    assert "Filled with the settings of" in answer.content.decode()


def test_like_with_several_inputs_and_with_videos_that_have_no_place(two_inputs: Page) -> None:
    entries = [
        {"agent_node_id": node_id, "video_urls": [f"{LINK}?{n}"]} for n, node_id in enumerate(two_inputs.ids[:2])
    ]
    filled = two_inputs.get(like=make_run(two_inputs.agent, body={"video_inputs": entries}).pk)
    assert [filled.context["form"][f"video_urls-{node_id}"].value() for node_id in two_inputs.ids[:2]] == [
        f"{LINK}?0",
        f"{LINK}?1",
    ]
    short = two_inputs.get(like=make_run(two_inputs.agent, body={"video_urls": [LINK], "video_ids": ["x"]}).pk)
    assert LINK in short.context["start"].lost[0]


@pytest.mark.parametrize("like", ["nonsense", "00000000-0000-4000-8000-000000000000", ""])
def test_a_run_that_cannot_be_copied_leaves_an_empty_form(page: Page, like: str) -> None:
    answer = page.get(like=like)
    assert answer.status_code == 200
    assert "are not known for this agent" in answer.content.decode()


def test_a_run_of_another_agent_is_not_copied(page: Page) -> None:
    assert "are not known for this agent" in page.get(like=make_run().pk).content.decode()


def test_use_takes_a_finished_clip_and_shows_it(page: Page) -> None:
    output = make_output(make_run(page.agent, finished_at=timezone.now()))
    answer = page.get(use=output.pk)
    text = answer.content.decode()
    assert answer.context["form"][f"node_render_ids-{page.ids[0]}"].value() == output.remote_id
    assert not answer.context["form"][f"video_urls-{page.ids[0]}"].value()
    assert f"/outputs/{output.pk}/thumbnail" in text
    assert output.remote_id in answer.context["sent"].body


def test_a_clip_of_another_connection_is_not_taken(page: Page) -> None:
    output = make_output(make_run())
    answer = page.get(use=output.pk)
    assert "only agents of that connection" in answer.content.decode()
    assert output.remote_id not in answer.content.decode()


@pytest.mark.parametrize("use", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_a_clip_that_is_gone_is_said(page: Page, use: str) -> None:
    assert "not there any more" in page.get(use=use).content.decode()


@pytest.mark.usefixtures("no_query_in_templates")
def test_the_page_costs_ten_queries_at_most_and_none_in_a_template(
    page: Page, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    output = make_output(make_run(page.agent))
    run = make_run(page.agent)
    with django_assert_max_num_queries(10):
        assert page.get(like=run.pk, use=output.pk).status_code == 200


def test_a_hundred_steps_are_drawn_quickly(
    as_alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    graph = make_graph(VIDEO_INPUT, *[CLIPS, MIRROR] * 50)
    agent = known_to_both(graph, name="Long")
    as_alice.get(f"/agents/{agent.pk}/")
    with django_assert_max_num_queries(10):
        started = time.process_time()
        answer = as_alice.get(f"/agents/{agent.pk}/")
        spent = time.process_time() - started
    text = answer.content.decode()
    assert len(re.findall(r'class="graph__node"', text)) == 101
    assert spent < 1.5


def test_no_inline_style_and_every_id_once(page: Page) -> None:
    text = page.get().content.decode()
    assert not re.search(r"\sstyle=|\son\w+=", text)
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
