"""Whose and when: the organisation and the period that a page of this app speaks of."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.permissions import Right
from branches.models import Organization
from ledgers.period import Period


def chosen_organization(request: HttpRequest) -> Organization | None:
    """Return the organisation chosen at the top of the page, or the one that the user's pages open on, if any."""
    chosen = getattr(request, "chosen_organization", None)
    if chosen:
        return chosen
    visible = Organization.objects.visible_to(request.user, Right.FINDINGS_VIEW)
    if code := request.GET.get("organization"):
        return get_object_or_404(visible, code=code)
    return visible.first()


def chosen_period(request: HttpRequest) -> Period:
    """Return the period chosen at the top of the page, or the running quarter."""
    chosen = getattr(request, "chosen_period", None)
    if chosen:
        return chosen
    try:
        return Period.parse(request.GET.get("period", ""))
    except ValueError:
        return Period.containing(timezone.localdate(), Period.QUARTER)
