"""Every run, filtered by what stands in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from runs import access, statuses
from runs.forms.filters import ACTIVE, ATTENTION, RunFilterForm
from runs.views import run_list

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

# The statuses people ask for all day; any other one is added while it is asked for.
TABS = (
    ("", "All"),
    (ACTIVE, "Running"),
    (ATTENTION, "Needs attention"),
    *(
        (value, statuses.run_status(value).label)
        for value in (statuses.COMPLETED, statuses.PARTIAL_COMPLETE, statuses.FAILED, statuses.CANCELLED)
    ),
)
PARAMETERS = ("status", "agent", "from", "to", "q")
LOST_PLACE = "That place in the list cannot be found; this is the newest page."


@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """The list; filters that cannot be used are named and left out."""
    access.require_view(request.user)
    agents = access.agents_for(request.user).select_related("connection").only("name", "connection__name")
    form = RunFilterForm(request.GET, list(agents))
    form.is_valid()
    kept = {name: request.GET[name] for name in PARAMETERS if request.GET.get(name) and name not in form.errors}
    cursor, lost = None, ""
    if request.GET.get("cursor"):
        try:
            cursor = run_list.Cursor.parse(request.GET["cursor"])
        except run_list.BadCursor:
            lost = LOST_PLACE
    page = run_list.page_of(run_list.filtered(access.runs_for(request.user), form.cleaned_data), cursor)
    status = kept.get("status", "")
    extra = [(status, statuses.run_status(status).label)] if status not in dict(TABS) else []
    return render(
        request,
        "runs/runs.html",
        {
            "form": form,
            "page": page,
            "kept": kept,
            "tabs": [*TABS, *extra],
            "status": status,
            "is_filtered": bool(set(kept) - {"status"}) or bool(form.errors),
            "lost": lost,
        },
    )
