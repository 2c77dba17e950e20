"""Addresses of the investigation report, in the namespace of the reports app."""

from django.urls import path, re_path

from . import outline_views, views

urlpatterns = [
    path("reports/investigation/", views.investigation, name="investigation"),
    path("reports/investigation/<int:pk>/", views.detail, name="investigation-detail"),
    path("reports/investigation/<int:pk>/edit/", views.edit, name="investigation-edit"),
    path("reports/investigation/<int:pk>/arrange/", views.arrange, name="investigation-arrange"),
    path("reports/investigation/<int:pk>/settle/", views.settle, name="investigation-settle"),
    path("reports/investigation/<int:pk>/rebuild/", views.rebuild, name="investigation-rebuild"),
    path("reports/investigation/<int:pk>/sign/", views.sign, name="investigation-sign"),
    path("reports/outline/", outline_views.outline, name="outline"),
    re_path(
        r"^reports/investigation/(?P<pk>\d+)/evidence\.(?P<ending>docx|pdf)$",
        views.download,
        {"apart": True},
        name="investigation-evidence",
    ),
    re_path(
        r"^reports/investigation/(?P<pk>\d+)/download\.(?P<ending>docx|pdf|html|json)$",
        views.download,
        name="investigation-download",
    ),
]
