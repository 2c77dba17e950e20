"""Addresses of this app. An organisation is named by its code, which may hold anything that a ledger brought in."""

from django.urls import path

from .views import committees, organizations
from .views.tree import tree

app_name = "branches"
urlpatterns = [
    path("", tree, name="tree"),
    path("new/", organizations.create, name="create"),
    path("terms/", committees.terms, name="terms"),
    path("committees/new/", committees.create, name="committee-create"),
    path("committees/<int:pk>/", committees.committee, name="committee"),
    path("committees/<int:pk>/edit/", committees.edit, name="committee-edit"),
    path("seats/<int:pk>/", committees.change_seat, name="seat-change"),
    path("<path:code>/edit/", organizations.edit, name="edit"),
    path("<path:code>/move/", organizations.move, name="move"),
    path("<path:code>/dissolve/", organizations.dissolve, name="dissolve"),
    path("<path:code>/", organizations.detail, name="detail"),
]
