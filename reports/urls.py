"""Addresses of this app."""

from django.urls import path

from . import dashboard, health, minutes_record, search, workbench
from .investigation.urls import urlpatterns as investigation

app_name = "reports"
urlpatterns = [
    path("", workbench.workbench, name="workbench"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("search/", search.search, name="search"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("minutes/<int:pk>/record.<slug:form>", minutes_record.download, name="minutes-record"),
    *investigation,
]
