"""URLs of the findings and of the street's own numbers."""

from django.urls import path

from assessments import views

app_name = "assessments"
urlpatterns = [
    path("findings/", views.findings, name="findings"),
    path("findings/handle/", views.handle, name="handle"),
    path("findings/<int:pk>/", views.finding, name="finding"),
    path("quality/", views.quality, name="quality"),
    path("settings/local/", views.local_settings, name="settings"),
]
