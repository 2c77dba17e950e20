"""Every address of the portal. What each needs is in `config.permissions`."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("accounts/", include("accounts.urls")),
    path("ledgers/", include("ledgers.urls")),
    path("branches/", include("branches.urls")),
    path("members/", include("members.urls")),
    path("activities/", include("activities.urls")),
    path("", include("assessments.urls")),
    path("", include("reports.urls")),
    path("admin/", admin.site.urls),
]

handler500 = "reports.failures.server_error"
