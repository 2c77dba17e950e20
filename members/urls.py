"""Addresses of members. The list is the ledger `members`."""

from django.urls import path

from . import views

app_name = "members"
urlpatterns = [
    path("new/", views.create, name="create"),
    path("search/", views.search, name="search"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/move/", views.move, name="move"),
    path("<int:pk>/leave/", views.leave, name="leave"),
    path("<int:pk>/return/", views.come_back, name="return"),
    path("<int:pk>/reveal/", views.reveal, name="reveal"),
]
