"""What the run list may be asked for: a value that cannot be used is named, and the rest still filters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    from datetime import date

    from runs.models import Agent

# Groups beside the statuses of the table.
ACTIVE, ATTENTION = "active", "attention"
# A status the table does not know may still be filtered by: the remote may have new ones.
STATUS_SHAPE = re.compile(r"[a-z][a-z_]{0,39}")
DATE_ERROR = "Write the day as year-month-day, for example 2026-11-22."


def _within_reason(day: date) -> None:
    """Days that can be turned into moments in any time zone."""
    if not 2000 <= day.year < 2200:
        raise forms.ValidationError("Choose a day between 2000 and 2199.")


class RunFilterForm(forms.Form):
    """``status``, ``agent``, ``from``, ``to`` (days, both included, in the server's time zone) and ``q``."""

    q = forms.CharField(label="Search", required=False, max_length=100)
    agent = forms.ChoiceField(required=False)
    status = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, data: Any, agents: list[Agent]) -> None:  # noqa: ANN401 - a QueryDict or a dict
        super().__init__(data, auto_id="filter-%s", use_required_attribute=False)
        # "from" is a word of the language, so the two days are added by name.
        for name, label in (("from", "From"), ("to", "To")):
            self.fields[name] = forms.DateField(
                label=label,
                required=False,
                input_formats=["%Y-%m-%d"],
                error_messages={"invalid": DATE_ERROR},
                validators=[_within_reason],
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            )
        names = [agent.name for agent in agents]
        choices = [(str(a.pk), a.name if names.count(a.name) == 1 else f"{a.name} ({a.connection})") for a in agents]
        agent_field = self.fields["agent"]
        assert isinstance(agent_field, forms.ChoiceField)  # noqa: S101 - for the type checker
        agent_field.choices = [("", "All agents"), *choices]
        agent_field.error_messages["invalid_choice"] = "There is no such agent any more."
        q_attrs = {"type": "search", "placeholder": "Agent, message or run id"}
        self.fields["q"].widget.attrs.update(q_attrs)

    def clean_status(self) -> str:
        """A status in the API's spelling, or one of our groups."""
        status = str(self.cleaned_data["status"]).strip()
        if status and not STATUS_SHAPE.fullmatch(status):
            raise forms.ValidationError("There is no such status.")
        return status

    def clean(self) -> dict[str, Any]:
        """The first day is not after the last."""
        data = super().clean() or self.cleaned_data
        if data.get("from") and data.get("to") and data["from"] > data["to"]:
            self.add_error("to", "The last day is before the first.")
        return data
