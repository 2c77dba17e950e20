"""Addresses of this app."""

from django.urls import path

from reports.investigation.urls import urlpatterns as investigation

from . import dashboard, health, search, workbench

app_name = "reports"
urlpatterns = [
    *investigation,
    path("", workbench.workbench, name="workbench"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("search/", search.search, name="search"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
