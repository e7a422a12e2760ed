"""Routes of the dashboard, grouped by noun; the comment above a list is its prefix."""

from __future__ import annotations

from django.urls import include, path

from runs.views import agents, billing, home, login, outputs, run, runs, settings

app_name = "runs"

# /agents/<uuid>/
agent_urls = [
    path("", agents.agent, name="agent"),
    path("run/", agents.agent_run, name="agent-run"),
    path("preview/", agents.agent_preview, name="agent-preview"),
    path("graph/", agents.agent_graph, name="agent-graph"),
]

# /runs/<uuid>/
run_urls = [
    path("", run.run, name="run"),
    path("live/", run.run_live, name="run-live"),
    path("resume/", run.run_resume, name="run-resume"),
    path("cancel/", run.run_cancel, name="run-cancel"),
    path("choose/", run.run_choose, name="run-choose"),
    path("abandon/", run.run_abandon, name="run-abandon"),
    path("dismiss/", run.run_dismiss, name="run-dismiss"),
]

# /outputs/<uuid>/
output_urls = [
    path("video", outputs.output_video, name="output-video"),
    path("thumbnail", outputs.output_thumbnail, name="output-thumbnail"),
    path("premiere", outputs.output_premiere, name="output-premiere"),
]

# /inputs/<uuid>/
input_urls = [
    path("video", outputs.input_video, name="input-video"),
    path("thumbnail", outputs.input_thumbnail, name="input-thumbnail"),
]

# /settings/
settings_urls = [
    path("", settings.settings, name="settings"),
    path("connections/", settings.connection_create, name="connection-create"),
    path("connections/<uuid:connection_id>/", settings.connection_update, name="connection-update"),
    path("connections/<uuid:connection_id>/test/", settings.connection_test, name="connection-test"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("login/", login.login, name="login"),
    path("logout/", login.logout, name="logout"),
    path("agents/", agents.agents, name="agents"),
    path("agents/<uuid:agent_id>/", include(agent_urls)),
    path("runs/", runs.runs, name="runs"),
    path("runs/<uuid:run_id>/", include(run_urls)),
    path("outputs/<uuid:output_id>/", include(output_urls)),
    path("inputs/<uuid:input_id>/", include(input_urls)),
    path("billing/", billing.billing, name="billing"),
    path("billing/upgrade/", billing.billing_upgrade, name="billing-upgrade"),
    path("settings/", include(settings_urls)),
]
