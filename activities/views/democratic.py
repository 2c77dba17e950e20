"""The yearly democratic review: how far each branch has come, and a branch's sheet on one screen."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Right
from accounts.transactions import atomic
from branches.models import Organization
from branches.querysets import live_on
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.requests import PortalRequest, needs_organization
from ledgers.scope import may
from ledgers.views import EVER

from ..democratic import Sheet, coming, day_of
from ..models import BranchReview, DemocraticReview
from ..models.democratic import FIRST_YEAR

ROWS = 20


def asked_year(request: PortalRequest) -> int:
    """Return the year in the address, or that of the chosen period if it has begun. Raises Http404."""
    today = timezone.localdate()
    text = request.GET.get("year", "")
    year = int(text) if text.isdecimal() and len(text) == 4 else min(request.chosen_period.year, today.year)
    if (text and not text.isdecimal()) or not FIRST_YEAR <= year <= today.year:
        raise Http404
    return year


def rows_url(place: Organization, year: int, **filters: str) -> str:
    """Return the address of the reviews of a year in a place, whenever they were held."""
    query = Query(place, filters={"year": str(year), **filters})
    return f"{get_ledger('democratic-reviews').url(query)}&period={EVER}"


def place_asked(request: PortalRequest, right: Right = Right.MEMBERS_VIEW) -> Organization:
    """Return the organisation chosen at the top. Raises Http404 where the user has not the right on it."""
    place = request.chosen_organization
    if not place or not may(request.user, right, place):
        raise Http404
    return place


@require_GET
@needs_organization
def overview(request: PortalRequest) -> HttpResponse:
    """Show how far each branch has come with a year's review; a branch goes straight to its sheet."""
    place, year = place_asked(request), asked_year(request)
    if place.is_branch:
        return redirect("activities:democratic-sheet", place.code, year)
    day = day_of(year)
    branches = Organization.objects.visible_to(request.user).under(place).branches().filter(live_on(day))
    page = Paginator(branches.order_by("path"), ROWS).get_page(request.GET.get("page"))
    full = get_ledger("members")
    shown = coming([branch.pk for branch in page.object_list], year)
    context = {
        "place": place,
        "year": year,
        "following": year + 1 if year < timezone.localdate().year else None,
        "page": page,
        "rows": [
            (
                branch,
                shown[branch.pk],
                full.url(Query(branch, on=day, filters={"category": "full"})),
                rows_url(branch, year, grade="given"),
                rows_url(branch, year, grade="excellent"),
            )
            for branch in page.object_list
        ],
        "steps": len(BranchReview.STEPS),
        "url": rows_url(place, year),
    }
    return render(request, "activities/democratic/overview.html", context)


@require_http_methods(["GET", "POST"])
def sheet(request: PortalRequest, code: str, year: int) -> HttpResponse:
    """Show a branch's review of a year, and save what was filled in: all rows, or none where one of them is wrong."""
    if not FIRST_YEAR <= year <= timezone.localdate().year:
        raise Http404
    right = Right.MEMBERS_EDIT if request.method == "POST" else Right.MEMBERS_VIEW
    branch = get_object_or_404(Organization.objects.visible_to(request.user, right).branches(), code=code)
    if request.method == "GET":
        return render(request, "activities/democratic/sheet.html", _shown(request, Sheet(branch, year)))
    with atomic():
        filled = Sheet(branch, year, lock=True)
        if filled.read(request.POST.dict()):
            count = filled.write()
            messages.success(request, f"已保存，改了 {count} 人。" if count else "已保存。")
            return redirect("activities:democratic-sheet", code, year)
    return render(request, "activities/democratic/sheet.html", _shown(request, filled), status=422)


def _shown(request: PortalRequest, filled: Sheet) -> dict[str, Any]:
    branch, year = filled.branch, filled.year
    return {
        "branch": branch,
        "year": year,
        "following": year + 1 if year < timezone.localdate().year else None,
        "sheet": filled,
        "editable": may(request.user, Right.MEMBERS_EDIT, branch),
        "grades": DemocraticReview.Grade.choices,
        "today": timezone.localdate(),
        "first_day": date(year, 1, 1),
        "url": rows_url(branch, year),
        "graded_url": rows_url(branch, year, grade="given"),
        "excellent_url": rows_url(branch, year, grade="excellent"),
    }
