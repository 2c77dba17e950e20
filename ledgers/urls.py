"""Addresses of ledgers: catalogue, list, export, template, print, import."""

from django.urls import path

from . import background, late_reason_page, saved_view_pages, trail, views, wizard

app_name = "ledgers"
urlpatterns = [
    path("", views.catalogue, name="catalogue"),
    path("audit/export.xlsx", trail.export, name="audit-export"),
    path("background/", background.tasks_page, name="background"),  # before the ledgers, none of which has this name
    path("late-reason/", late_reason_page.late_reason, name="late-reason"),
    path("<slug:slug>/", views.listing, name="list"),
    path("<slug:slug>/export.xlsx", views.export, name="export"),
    path("<slug:slug>/template.xlsx", views.template, name="template"),
    path("<slug:slug>/print/", views.printout, name="print"),
    path("<slug:slug>/views/", saved_view_pages.create, name="views"),
    path("<slug:slug>/views/<int:pk>/", saved_view_pages.change, name="view"),
    path("<slug:slug>/import/", wizard.upload, name="import"),
    path("<slug:slug>/import/<int:pk>/", wizard.batch, name="batch"),
    path("<slug:slug>/import/<int:pk>/mapping/", wizard.mapping, name="mapping"),
    path("<slug:slug>/import/<int:pk>/correct/", wizard.correct, name="correct"),
    path("<slug:slug>/import/<int:pk>/apply/", wizard.apply, name="apply"),
    path("<slug:slug>/import/<int:pk>/progress/", wizard.progress, name="progress"),
    path("<slug:slug>/import/<int:pk>/wrong.xlsx", wizard.wrong_rows, name="wrong-rows"),
    path("<slug:slug>/import/<int:pk>/undo/", wizard.undo, name="undo"),
]
