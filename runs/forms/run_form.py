"""The form that starts an agent: its fields follow the graph, and every complaint stands at a node."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms

from runs.forms.links import Unreadable, read_links, read_object, read_render_ids
from runs.forms.refusals import place_refusal
from runs.graph import Graph, GraphNode, flaws, problems, runtime_graph, type_icon
from runs.params import NODE_PARAMS, NodeParams, check
from runs.payload import RunRequest, Sources, dumps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.forms.boundfield import BoundField

    from runs.params import Param

TOKEN_LENGTH = 64
ROWS = 3


def new_token() -> str:
    """One intent to start; the same token never starts twice."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Step:
    """Everything the page shows of one node."""

    node: GraphNode
    name: str
    icon: str
    flaws: Sequence[str]
    fields: Sequence[BoundField]
    params_field: BoundField | None
    saved: str
    known: Sequence[Param]
    bypassed: bool
    can_bypass: bool
    own_errors: Sequence[str] = field(default_factory=tuple)

    @property
    def errors(self) -> list[str]:
        """All that is wrong here: at the node itself and at its fields."""
        bound = [*self.fields, *([self.params_field] if self.params_field else [])]
        return [*self.own_errors, *(str(error) for item in bound for error in item.errors)]

    @property
    def is_open(self) -> bool:
        """Whether the parameters are unfolded: something is written there or wrong there."""
        item = self.params_field
        return bool(item and (item.errors or (item.value() or "").strip()))


class RunForm(forms.Form):
    """Videos, bypasses and parameters for one run of one graph.

    ``engine`` says that the connection is an engine of ours, which knows parameters Mosaic does not. After
    ``is_valid()``, :attr:`request` is what :func:`runs.payload.build` takes.
    """

    use_required_attribute = False
    ignore_nodes = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    start_token = forms.CharField(
        widget=forms.HiddenInput,
        max_length=TOKEN_LENGTH,
        error_messages={"required": "This form was too old to send. Check it and press Start run once more."},
    )

    def __init__(
        self,
        graph: Graph,
        *,
        engine: bool,
        data: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.graph, self.engine = graph, engine
        self.node_errors: dict[str, list[str]] = {}
        self.request = RunRequest()
        # Ids the graph does not know are left to `problems`, which has a better sentence than "not a choice".
        known = [(node.id, graph.names[node.id]) for node in graph.ordered]
        posted = self._posted_bypasses()
        self.fields["ignore_nodes"].choices = known + [(i, i) for i in posted if i not in graph.by_id]  # type: ignore[attr-defined]
        for node in graph.ordered:
            self._add_fields(node)

    @property
    def bypassed(self) -> list[str]:
        """The bypassed nodes as the form stands."""
        return self._posted_bypasses() if self.is_bound else list(self.initial.get("ignore_nodes", ()))

    @property
    def steps(self) -> Iterator[Step]:
        """The nodes along the flow, each with its fields."""
        bypassed = set(self.bypassed)
        flawed: dict[str, list[str]] = {}
        for flaw in flaws(self.graph):
            flawed.setdefault(flaw.node_id, []).append(flaw.text)
        sources = {node.id for node in self.graph.sources}
        for node in self.graph.ordered:
            known = NODE_PARAMS.get(node.type_id)
            own = [self[name] for name in self._source_names(node)]
            yield Step(
                node=node,
                name=self.graph.names[node.id],
                icon=type_icon(node.type_id),
                flaws=flawed.get(node.id, ()),
                fields=own,
                params_field=None if node.is_trigger else self[f"params-{node.id}"],
                saved=dumps(node.params) if node.params else "",
                known=[param for param in known.params if self.engine or not param.engine_only] if known else (),
                bypassed=node.id in bypassed,
                # A box that is set can always be cleared.
                can_bypass=not node.is_trigger and (node.id not in sources or node.id in bypassed),
                own_errors=self.node_errors.get(node.id, ()),
            )

    @property
    def complaints(self) -> list[tuple[str, str]]:
        """``(where it is on the page, sentence)`` for the summary on top."""
        found = [("", str(error)) for error in self.non_field_errors()]
        found += [("", str(error)) for error in self.errors.get("start_token", ())]
        for step in self.steps:
            found += [(f"step-{step.node.id}", f"{step.name}: {error}") for error in step.errors]
        return found

    def clean(self) -> dict[str, Any]:
        """Check across fields, and make the request."""
        cleaned = super().clean() or self.cleaned_data
        ignored = self._posted_bypasses()
        for problem in problems(self.graph, ignored):
            self.complain(problem.node_id, problem.text)
        runtime = runtime_graph(self.graph, ignored)
        for name in self._lost_fields():
            self.add_error(None, f"The agent has changed: there is no node any more for what you wrote in {name}.")
        self.request = RunRequest(
            inputs={node.id: self._sources(node, cleaned) for node in runtime.inputs},
            ignore_nodes=tuple(ignored),
            update_params={node.id: values for node in runtime.nodes if (values := self._params(node, cleaned))},
        )
        return cleaned

    def refuse(self, detail: object, sentence: str) -> None:
        """Put a refusal of the remote where it belongs; what names no place goes on top, word for word."""
        params = {node_id: list(values) for node_id, values in self.request.update_params.items()}
        for place, text in place_refusal(detail, sentence, self.graph.by_id.keys(), params):
            self.complain(place, text)

    def _add_fields(self, node: GraphNode) -> None:
        if node.is_input:
            links = forms.Textarea(
                {"rows": ROWS, "placeholder": "https://…", "spellcheck": "false", "autocapitalize": "off"}
            )
            self.fields[f"video_urls-{node.id}"] = forms.CharField(
                label="Links to videos",
                required=False,
                widget=links,
                help_text="One link a line: YouTube, or a video file over HTTPS. Each becomes a branch of its own.",
            )
            self.fields[f"node_render_ids-{node.id}"] = forms.CharField(
                label="Finished clips, by render id",
                required=False,
                widget=forms.Textarea({"rows": 1, "spellcheck": "false"}),
                help_text="“Use as input” at any finished clip fills this in.",
            )
        area = forms.Textarea({"rows": ROWS, "data-code": "", "spellcheck": "false", "placeholder": "{ }"})
        self.fields[f"params-{node.id}"] = forms.CharField(
            label="Change for this run (JSON)",
            required=False,
            strip=False,
            widget=area,
            help_text="Only what you write here is sent; everything else stays as the agent has it.",
        )

    def _source_names(self, node: GraphNode) -> list[str]:
        return [f"video_urls-{node.id}", f"node_render_ids-{node.id}"] if node.is_input else []

    def _posted_bypasses(self) -> list[str]:
        if not self.is_bound:
            return []
        data: Any = self.data
        values = data.getlist("ignore_nodes") if hasattr(data, "getlist") else data.get("ignore_nodes", [])
        return list(dict.fromkeys(str(value) for value in values))

    def _lost_fields(self) -> list[str]:
        """Fields with something in them for steps the graph does not have: it changed while the page was open."""
        prefixes = ("video_urls-", "node_render_ids-", "params-")
        return [
            name
            for name, value in self.data.items()
            if name.startswith(prefixes) and name not in self.fields and str(value).strip()
        ]

    def _sources(self, node: GraphNode, cleaned: dict[str, Any]) -> Sources:
        urls_name, renders_name = self._source_names(node)
        urls, wrong_urls = read_links(cleaned.get(urls_name, ""))
        renders, wrong_renders = read_render_ids(cleaned.get(renders_name, ""))
        for name, sentences in ((urls_name, wrong_urls), (renders_name, wrong_renders)):
            for sentence in sentences:
                self.add_error(name, sentence)
        if not urls and not renders:
            self.add_error(urls_name, "Give at least one link, or the id of a finished clip.")
        return Sources(video_urls=tuple(urls), node_render_ids=tuple(renders))

    def _params(self, node: GraphNode, cleaned: dict[str, Any]) -> dict[str, Any]:
        name = f"params-{node.id}"
        try:
            values = read_object(cleaned.get(name, ""))
        except Unreadable as error:
            self.add_error(name, str(error))
            return {}
        known: NodeParams | None = NODE_PARAMS.get(node.type_id)
        for problem in check(known, values, saved=node.params.keys(), engine=self.engine):
            self.add_error(name, problem.text)
        return values

    def complain(self, node_id: str, text: str) -> None:
        """Say it at the node, or on top where there is no such node."""
        if node_id in self.graph.by_id:
            self.node_errors.setdefault(node_id, []).append(text)
        else:
            self.add_error(None, text)

    def is_valid(self) -> bool:
        """Also False for complaints that stand at a node and at no field."""
        return super().is_valid() and not self.node_errors
