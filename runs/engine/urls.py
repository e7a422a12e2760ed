"""Addresses under ``/engine/``."""

from __future__ import annotations

from django.urls import path, re_path

from runs.engine.http import views

app_name = "engine"
urlpatterns = [
    re_path(
        r"^media/(?P<kind>renders|assets)/(?P<item_id>[0-9a-f-]{36})/(?P<file>video\.mp4|thumbnail\.jpg)$",
        views.signed_media,
        name="media",
    ),
    path("samples/<str:file>", views.sample, name="sample"),
    re_path(r"^(?P<path>.*)$", views.api, name="api"),
]
