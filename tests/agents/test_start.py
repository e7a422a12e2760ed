"""Starting from the form: what is sent, where one lands, and that one press is one run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runs import statuses
from runs.engine.models import EngineRun
from runs.models import AuditEvent, Run
from tests.agents.conftest import LINK, Page, fault
from tests.factories import make_connection, make_output, make_run

if TYPE_CHECKING:
    from django.test import Client

RENDER = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"


def test_a_good_form_starts_a_run_and_leads_to_it(page: Page) -> None:
    answer = page.start(ignore_nodes=[page.ids[2]], params_1='{"num_clips": 2}')
    run = Run.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == f"/runs/{run.pk}/"
    assert run.body == {
        "video_urls": [LINK],
        "update_params": {page.ids[1]: {"num_clips": 2}},
        "ignore_nodes": [page.ids[2]],
    }
    assert EngineRun.objects.get().body == run.body
    assert run.status == statuses.RUNNING
    assert run.agent_version == page.agent.current_version
    assert AuditEvent.objects.get(verb="run.start").username == "alice"


def test_the_preview_shows_the_very_body_that_is_sent(page: Page) -> None:
    fields: dict[str, Any] = {"ignore_nodes": [page.ids[2]], "params_1": '{"prompt": "it\'s <b>good</b>"}'}
    shown = page.preview(**fields)
    assert shown.status_code == 200
    page.start(**fields)
    run = Run.objects.get()
    assert json.loads(shown.context["sent"].body) == run.body
    assert "$MOSAIC_API_KEY" in shown.context["sent"].curl
    assert page.agent.remote_id in shown.context["sent"].curl
    assert "<b>good</b>" not in shown.content.decode()


def test_with_htmx_the_answer_redirects_the_page(page: Page) -> None:
    answer = page.browser.post(f"{page.url}run/", page.form(), headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == f"/runs/{Run.objects.get().pk}/"


def test_a_double_press_starts_once(page: Page) -> None:
    form = page.form()
    answers = [page.browser.post(f"{page.url}run/", form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert EngineRun.objects.count() == 1


def test_every_opening_of_the_page_is_an_intent_of_its_own(page: Page) -> None:
    tokens = {page.get().context["token"] for _ in range(3)}
    assert len(tokens) == 3
    assert all(len(token) >= 24 for token in tokens)


def test_fields_of_bypassed_nodes_are_not_sent(page: Page) -> None:
    answer = page.start(ignore_nodes=[page.ids[1]], params_1="{broken json is no matter here")
    assert answer.status_code == 303
    assert Run.objects.get().body == {"video_urls": [LINK], "ignore_nodes": [page.ids[1]]}


def test_several_video_inputs_get_an_entry_each(two_inputs: Page) -> None:
    two_inputs.start(video_urls_1=f"{LINK}?b")
    assert Run.objects.get().body == {
        "video_inputs": [
            {"agent_node_id": two_inputs.ids[0], "video_urls": [LINK]},
            {"agent_node_id": two_inputs.ids[1], "video_urls": [f"{LINK}?b"]},
        ]
    }


def test_a_lost_answer_leads_to_the_run_page_where_it_is_looked_for(page: Page) -> None:
    fault("timeout_after")
    answer = page.start()
    run = Run.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == f"/runs/{run.pk}/"
    assert run.status == statuses.UNCONFIRMED


def test_a_remote_that_is_away_loses_nothing_that_was_typed(page: Page) -> None:
    fault("refuse")
    form = page.form(params_1='{"num_clips": 3}', ignore_nodes=[page.ids[2]])
    answer = page.browser.post(f"{page.url}run/", form)
    text = answer.content.decode()
    assert answer.status_code == 503
    assert "Nothing was started, and everything you wrote is still here" in text
    assert LINK in text
    assert "{&quot;num_clips&quot;: 3}" in text
    assert f'value="{page.ids[2]}" checked' in text
    assert answer.context["token"] != form["start_token"]
    assert page.browser.post(f"{page.url}run/", {**form, "start_token": answer.context["token"]}).status_code == 303
    assert EngineRun.objects.count() == 1


@pytest.mark.parametrize("name", ["as_bob", "as_charlie"])
def test_only_editors_start(page: Page, name: str, request: pytest.FixtureRequest) -> None:
    browser: Client = request.getfixturevalue(name)
    expected = {"as_bob": 403, "as_charlie": 404}[name]
    for action in ("run/", "preview/"):
        assert browser.post(f"{page.url}{action}", page.form()).status_code == expected
    assert Run.objects.count() == 0


def test_starting_is_never_a_get(page: Page) -> None:
    assert page.browser.get(f"{page.url}run/")["Location"] == page.url
    assert page.browser.get(f"{page.url}preview/")["Location"] == page.url


def test_a_clip_of_another_connection_is_refused_here(page: Page) -> None:
    foreign = make_output(make_run(), remote_id=RENDER)
    answer = page.start(node_render_ids_0=RENDER)
    assert answer.status_code == 422
    assert f"belongs to {foreign.run.connection}" in answer.content.decode()
    assert Run.objects.filter(start_token__isnull=False).count() == 0


def test_an_agent_that_is_gone_is_not_started(page: Page) -> None:
    page.agent.removed_at = page.agent.seen_at
    page.agent.save()
    answer = page.start()
    assert answer.status_code == 422
    assert "does not have this agent any more" in answer.content.decode()
    assert LINK in answer.content.decode()
    assert Run.objects.count() == 0


def test_a_connection_that_is_off_starts_nothing(page: Page) -> None:
    page.agent.connection.is_enabled = False
    page.agent.connection.save()
    assert "switched off" in page.start().content.decode()
    assert Run.objects.count() == 0


def test_engine_only_parameters_go_to_engines_alone(page: Page) -> None:
    assert page.start(params_2='{"direction": "both"}').status_code == 303
    page.agent.connection = make_connection(kind="mosaic", name="Mosaic", address="https://api.mosaic.so")
    page.agent.save()
    answer = page.start(params_2='{"direction": "both"}')
    assert answer.status_code == 422
    assert "only in the local engine" in answer.content.decode()


def test_an_empty_token_gets_a_new_one(page: Page) -> None:
    answer = page.start(start_token="")
    assert answer.status_code == 422
    assert answer.context["token"]
    assert "too old to send" in answer.content.decode()


def test_an_agent_of_many_nodes_can_be_sent_by_its_form(page: Page) -> None:
    fields = {f"field{number}x": "" for number in range(4000)}
    assert page.start(**fields).status_code == 303
