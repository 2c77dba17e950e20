"""Addresses of members. The list is the ledger `members`."""

from django.urls import path

from .views import register

app_name = "members"
urlpatterns = [
    path("new/", register.create, name="create"),
    path("search/", register.search, name="search"),
    path("<int:pk>/", register.detail, name="detail"),
    path("<int:pk>/edit/", register.edit, name="edit"),
    path("<int:pk>/move/", register.move, name="move"),
    path("<int:pk>/leave/", register.leave, name="leave"),
    path("<int:pk>/return/", register.come_back, name="return"),
    path("<int:pk>/reveal/", register.reveal, name="reveal"),
]
