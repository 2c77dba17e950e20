"""The register in Django's admin, for a superuser to look into: without what is sensitive, and without changes."""

from django.contrib import admin

from branches.admin import LookOnly

from .models import Member, Membership


@admin.register(Member)
class MemberAdmin(LookOnly):
    """The register of members; citizen ID, phone and address are shown on the member's page only, where it is noted."""

    list_display = ("name", "branch", "category", "joined_on", "left_on")
    list_filter = ("category", "leave_kind")
    list_select_related = ("branch",)
    search_fields = ("name",)
    exclude = (*Member.SENSITIVE, "updated_by")


@admin.register(Membership)
class MembershipAdmin(LookOnly):
    """Who was where, from when to when."""

    list_display = ("member", "branch", "start", "end", "came_by", "left_by")
    list_select_related = ("member", "branch")
