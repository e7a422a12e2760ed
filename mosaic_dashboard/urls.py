"""Which room answers which address."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from mosaic_dashboard import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("engine/", include("runs.engine.urls")),
    path("", include("runs.urls")),
]
