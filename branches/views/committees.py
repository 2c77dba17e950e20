"""Committees: one with its seats, elections, seats changed during the term, terms that run out."""

from collections import Counter
from datetime import date

from dateutil.relativedelta import relativedelta
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Right, access_of
from branches.forms.tree import NAMES_SUGGESTED, CommitteeForm, SeatChangeForm, live_members
from branches.models import Committee, CommitteeSeat, Election, Organization, Term
from branches.querysets import CommitteeQuerySet, live_on
from ledgers.parsing import row_key
from ledgers.period import Period
from ledgers.requests import PortalRequest
from ledgers.scope import may

from .organizations import trail

PAGE_SIZE = 50
QUARTERS_AHEAD = 12
"""Quarters of the calendar of terms."""
DUE = (Term.OVER, Term.WITHIN_3, Term.WITHIN_6)


@require_GET
def terms(request: PortalRequest) -> HttpResponse:
    """List the committees whose term is over or ends within six months, the most pressing first, with a calendar.

    With `ends`, those whose term ends in that quarter.
    """
    today = timezone.localdate()
    in_office = (
        Committee.objects.visible_to(request.user)
        .in_office_on(today)
        .filter(live_on(today, "organization__"))
        .select_related("organization")
        .prefetch_related(Prefetch("seats", CommitteeSeat.objects.held_on(today), to_attr="held"))
    )
    if request.chosen_organization:
        in_office = in_office.under(request.chosen_organization)
    due = in_office.term_ends_by(Term.WITHIN_6.limit(today))
    rows = sorted(due, key=lambda committee: (committee.term_ends, committee.organization.path))
    counts = Counter(committee.term for committee in rows)
    wanted, quarter = request.GET.get("term", ""), _quarter(request.GET.get("ends", ""))
    if wanted in DUE:
        rows = [committee for committee in rows if committee.term == wanted]
    elif quarter is not None:
        rows = sorted(
            (c for c in in_office.term_ends_by(quarter.end) if c.term_ends in quarter),
            key=lambda committee: (committee.term_ends, committee.organization.path),
        )
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    access = access_of(request.user)
    context = {
        "page": page,
        "rows": [(each, access.has_on(Right.ORGANIZATIONS_EDIT, each.organization.path)) for each in page],
        "counts": [(term, counts[term]) for term in DUE],
        "wanted": wanted,
        "quarter": quarter,
        "calendar": _calendar(in_office, today),
        "organization": request.chosen_organization,
    }
    return render(request, "branches/terms.html", context)


def _calendar(in_office: CommitteeQuerySet, today: date) -> list[tuple[Period, int]]:
    """Return the coming quarters in which terms end, with how many end in each. One query."""
    ends = Counter(
        Period.containing(start + relativedelta(years=years), Period.QUARTER)
        for start, years in in_office.order_by().values_list("start", "term_years")
    )
    now = Period.containing(today, Period.QUARTER)
    return sorted((quarter, count) for quarter, count in ends.items() if quarter >= now)[:QUARTERS_AHEAD]


def _quarter(text: str) -> Period | None:
    try:
        quarter = Period.parse(text)
    except ValueError:
        return None
    return quarter if quarter.kind == Period.QUARTER else None


@require_GET
def committee(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one committee with everybody who sat on it."""
    shown = get_object_or_404(Committee.objects.visible_to(request.user).select_related("organization"), pk=pk)
    context = {
        "committee": shown,
        "organization": shown.organization,
        "trail": trail(request, shown.organization),
        "seats": shown.seats.select_related("member"),
        "may_edit": may(request.user, Right.ORGANIZATIONS_EDIT, shown.organization),
        "may_see_members": may(request.user, Right.MEMBERS_VIEW, shown.organization),
    }
    return render(request, "branches/committee.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Record a newly elected committee of the organisation in the query string, which is then the chosen one."""
    editable = Organization.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT).undissolved()
    code = request.GET.get("organization") or getattr(request.chosen_organization, "code", "")
    organization = get_object_or_404(editable, code=code)
    in_community = organization.kind == Organization.Kind.COMMUNITY_COMMITTEE or (
        organization.unit_kind == Organization.UnitKind.COMMUNITY
    )
    fresh = Committee(organization=organization, term_years=5 if in_community else 3)
    asked = row_key(request.GET.get("election", ""))
    election = organization.elections.filter(pk=asked).first() if asked else None
    return _edit(request, fresh, f"已登记{organization.label}新一届班子。", election)


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Correct a committee or its seats."""
    editable = Committee.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT)
    return _edit(request, get_object_or_404(editable.select_related("organization"), pk=pk), "已保存。")


@require_http_methods(["GET", "POST"])
def change_seat(request: PortalRequest, pk: int) -> HttpResponse:
    """Let somebody leave a seat during the term, and somebody else take it."""
    editable = CommitteeSeat.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT)
    seat = get_object_or_404(editable.select_related("committee__organization", "member"), pk=pk)
    if request.method == "GET" and seat.left_on is not None:
        return redirect(seat.committee)
    form = SeatChangeForm(request.POST or None, instance=seat, initial={"left_on": timezone.localdate()})
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已登记班子变动。")
        return redirect(there)
    organization = seat.committee.organization
    context = {"form": form, "seat": seat, "organization": organization, "trail": trail(request, organization)}
    return render(request, "branches/seat.html", context | {"names": names_suggested(organization)})


def _edit(request: PortalRequest, instance: Committee, done: str, election: Election | None = None) -> HttpResponse:
    organization = instance.organization
    form = CommitteeForm(request.POST or None, instance=instance, election=election)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, done)
        return redirect(there)
    context = {
        "form": form,
        "formset": form.seats,
        "organization": organization,
        "trail": trail(request, organization),
        "names": names_suggested(organization),
    }
    return render(request, "branches/committee_form.html", context)


def names_suggested(organization: Organization) -> list[str]:
    """Return the members' names to suggest while typing; none where there are too many to list."""
    names = list(live_members(organization).order_by("name").values_list("name", flat=True)[: NAMES_SUGGESTED + 1])
    return list(dict.fromkeys(names)) if len(names) <= NAMES_SUGGESTED else []
