"""Addresses of this app."""

from django.urls import path

from . import dashboard, health, search, workbench
from .investigation.urls import urlpatterns as investigation

app_name = "reports"
urlpatterns = [
    path("", workbench.workbench, name="workbench"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("search/", search.search, name="search"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    *investigation,
]
