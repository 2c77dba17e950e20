"""Who needs how many hours of study by the year's end: a place's branches, and a branch's members."""

from datetime import date

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right
from branches.models import Organization
from branches.querysets import live_on
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.requests import PortalRequest, needs_organization
from ledgers.scope import may

from ..hours import Progress, progress_of, share_of
from ..models import StudyTheme
from .democratic import asked_year, place_asked

ROWS = 20


@require_GET
@needs_organization
def overview(request: PortalRequest) -> HttpResponse:
    """Show of each branch how many members have their hours; a branch goes straight to its members."""
    place, year = place_asked(request), Period(asked_year(request), Period.YEAR)
    if place.is_branch:
        return redirect(f"{reverse('activities:hours-branch', args=[place.code])}?year={year.year}")
    today = timezone.localdate()
    day = min(year.end, today)
    branches = Organization.objects.visible_to(request.user).under(place).branches()
    branches = branches.filter(live_on(day)).order_by("path")
    page = Paginator(branches, ROWS).get_page(request.GET.get("page"))
    found = progress_of([branch.pk for branch in page.object_list], year, today)
    context = _context(request, place, year) | {
        "page": page,
        "rows": [_summed(branch, found.get(branch.pk, []), day) for branch in page.object_list],
    }
    return render(request, "activities/hours/overview.html", context)


def _summed(branch: Organization, people: list[Progress], day: date) -> dict[str, object]:
    """Return a branch with its numbers: members, who has met, who is behind, hours done of hours owed."""
    met = sum(one.is_met for one in people)
    owed = sum(one.required for one in people)
    done = sum(one.required - one.left for one in people)
    return {
        "branch": branch,
        "members": len(people),
        "members_url": get_ledger("members").url(Query(branch, on=day, filters={"category": "full"})),
        "met": met,
        "behind": sum(one.state[0] in ("warn", "bad") for one in people),
        "percent": int(100 * done / owed) if owed else 0,
    }


@require_GET
def branch(request: PortalRequest, code: str) -> HttpResponse:
    """Show a branch's full members, who has most to do first."""
    seen = Organization.objects.visible_to(request.user, Right.MEMBERS_VIEW).branches()
    place = get_object_or_404(seen, code=code)
    year, today = Period(asked_year(request), Period.YEAR), timezone.localdate()
    people = progress_of([place.pk], year, today).get(place.pk, [])
    ledger = get_ledger("study-hours")
    rows = [(one, ledger.url(_hours_of(one, place, year))) for one in people]
    context = _context(request, place, year) | {
        "rows": rows,
        "met": sum(one.is_met for one in people),
        "behind": sum(one.state[0] in ("warn", "bad") for one in people),
        "members_url": get_ledger("members").url(Query(place, on=min(year.end, today), filters={"category": "full"})),
        "hours_url": ledger.url(Query(place, year)),
    }
    return render(request, "activities/hours/branch.html", context)


def _hours_of(one: Progress, place: Organization, year: Period) -> Query:
    """Return the query for a member's hours: kept with the branch that the member is in now."""
    still_here = one.member.branch_id == place.pk
    return Query(place if still_here else None, year, filters={"member": str(one.member.pk)})


def _context(request: PortalRequest, place: Organization, year: Period) -> dict[str, object]:
    today = timezone.localdate()
    if not may(request.user, Right.MEMBERS_VIEW, place):
        raise Http404
    adds = may(request.user, Right.MEMBERS_EDIT, place)
    return {
        "place": place,
        "year": year,
        "following": year.year + 1 if year.year < today.year else None,
        "passed": int(100 * share_of(year, today)),
        "is_over": year.end < today,
        "themes": StudyTheme.objects.reaching(place).filter(year=year.year),
        "certificates": get_ledger("certificates").url(Query(place, year)),
        "add": reverse("activities:certificate-create") if adds else "",
    }
