"""The tree in Django's admin, for a superuser to look into: changes are made on the pages, where they leave a trace."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from .models import Committee, CommitteeSeat, Organization, OrganizationEvent


class LookOnly(admin.ModelAdmin):
    """Base: no adding, changing or deleting."""

    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Organization)
class OrganizationAdmin(LookOnly):
    """The register of organisations."""

    list_display = ("code", "name", "kind", "established", "dissolved_on")
    list_filter = ("kind",)
    search_fields = ("code", "name")
    exclude = ("updated_by",)


@admin.register(OrganizationEvent)
class OrganizationEventAdmin(LookOnly):
    """History."""

    list_display = ("on", "kind", "organization", "document", "detail")
    list_filter = ("kind",)
    list_select_related = ("organization",)


@admin.register(Committee)
class CommitteeAdmin(LookOnly):
    """Committees."""

    list_display = ("organization", "number", "start", "term_years", "ended_on")
    list_select_related = ("organization",)


@admin.register(CommitteeSeat)
class CommitteeSeatAdmin(LookOnly):
    """Seats."""

    list_display = ("committee", "post", "name", "since", "left_on")
    list_select_related = ("committee__organization",)
