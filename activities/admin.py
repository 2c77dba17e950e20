"""Activities in Django's admin, for a superuser to look into: changes are made on the pages, and leave a trace."""

from django.contrib import admin

from branches.admin import LookOnly

from .models import Activity, Attachment


@admin.register(Activity)
class ActivityAdmin(LookOnly):
    """The register of activities."""

    list_display = ("date", "kind", "topic", "organization", "status")
    list_filter = ("status", "kind")
    list_select_related = ("organization",)
    search_fields = ("topic", "number")
    exclude = ("updated_by",)


@admin.register(Attachment)
class AttachmentAdmin(LookOnly):
    """Papers, without what was read out of them."""

    list_display = ("filename", "activity", "content_type", "size", "uploaded_at")
    list_select_related = ("activity",)
    exclude = ("text",)
