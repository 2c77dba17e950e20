"""URLs of the findings and of the street's own numbers."""

from django.urls import path

from .views import findings, local_settings, quality

app_name = "assessments"
urlpatterns = [
    path("findings/", findings.findings, name="findings"),
    path("findings/handle/", findings.handle, name="handle"),
    path("findings/<int:pk>/", findings.finding, name="finding"),
    path("quality/", quality.quality, name="quality"),
    path("settings/local/", local_settings.local_settings, name="settings"),
]
