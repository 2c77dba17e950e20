"""The year's plan: one table for a branch or for all branches of a community, and one planned activity."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from branches.models import Organization
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.period import Period
from ledgers.requests import PortalRequest, needs_organization
from ledgers.scope import may
from ledgers.workdays import known_until

from ..forms.plans import MONTHS, PlannedForm, YearPlan
from ..models import PlannedActivity
from ..models.plans import state_condition

Kind = Organization.Kind
TOGETHER = 60
"""Branches and groups up to which a plan is one table; of more the organisations below are listed."""


class Share(NamedTuple):
    """How far the plan of one organisation and what lies below it has come, each number with its rows."""

    organization: Organization
    url: str
    planned: int
    planned_url: str
    held: int
    held_url: str
    missed: int
    missed_url: str


@require_http_methods(["GET", "POST"])
@needs_organization
def plan(request: PortalRequest) -> HttpResponse:
    """Show, propose and save a year's plan; of a large place, how far the plans below it are."""
    organization, today = request.chosen_organization, timezone.localdate()
    year = _year(request, today)
    context: dict[str, Any] = {
        "place": organization,
        "year": year,
        "here": _address(organization, year),
        "earlier": _address(organization, year - 1),
        "later": _address(organization, year + 1),
        "ledger": ledgers.get("plans").url(Query(organization, Period(year, Period.YEAR))),
    }
    planned_for = _planned_for(organization)
    if len(planned_for) > TOGETHER:
        return render(
            request, "activities/plan_below.html", context | {"shares": list(_shares(organization, year, today))}
        )
    year_plan = YearPlan(planned_for, year, today)
    may_edit = bool(organization) and may(request.user, Right.ACTIVITIES_EDIT, organization)
    if request.method == "POST":
        get_object_or_404(
            Organization.objects.visible_to(request.user, Right.ACTIVITIES_EDIT), pk=getattr(organization, "pk", None)
        )
        written = year_plan.save(request.POST)
        if written is not None:
            said = [
                f"{word} {written[key]} 次"
                for key, word in (("made", "新增"), ("moved", "改期"), ("dropped", "删去"))
                if written[key]
            ]
            messages.success(request, f"计划已保存：{'，'.join(said)}。" if said else "计划没有改动。")
            return redirect(context["here"])
    proposed = year_plan.propose() if may_edit and request.method == "GET" and "propose" in request.GET else 0
    context |= {
        "plan": year_plan,
        "months": MONTHS,
        "may_edit": may_edit,
        "proposed": proposed,
        "asked": "propose" in request.GET,
        "unknown_from": known_until().year + 1 if date(year, 12, 31) > known_until() else 0,
    }
    return render(request, "activities/plan.html", context)


def _year(request: PortalRequest, today: date) -> int:
    asked = request.GET.get("year", "")
    return int(asked) if asked.isdecimal() and 2000 <= int(asked) <= today.year + 2 else today.year


def _address(organization: Organization | None, year: int) -> str:
    code = {"organization": organization.code} if organization else {}
    return f"{reverse('activities:plan')}?{urlencode({**code, 'year': year})}"


def _planned_for(organization: Organization | None) -> list[Organization]:
    """Return the live branches and groups of a place, in the order of the tree."""
    if not organization:
        return []
    below = Organization.objects.under(organization).live_on(timezone.localdate())
    return list(below.filter(kind__in=[*Kind.branches(), Kind.GROUP]).order_by("path")[: TOGETHER + 1])


def _shares(organization: Organization, year: int, today: date) -> Iterator[Share]:
    """Yield each organisation below with its numbers. Two queries."""
    children = list(Organization.objects.get_children(organization).live_on(today))
    states = ("held", "missed")
    counts = {state: Count("pk", filter=state_condition(state, today)) for state in states}
    rows = PlannedActivity.objects.under(organization).filter(date__year=year).order_by()
    sums: dict[str, Counter[str]] = {}
    end = len(organization.path) + organization.steplen
    for path, planned, held, missed in rows.values_list("organization__path").annotate(n=Count("pk"), **counts):
        sums.setdefault(path[:end], Counter()).update(planned=planned, held=held, missed=missed)
    ledger, period = ledgers.get("plans"), Period(year, Period.YEAR)
    for child in children:
        found = sums.get(child.path, Counter())
        numbers: list[Any] = [found["planned"], ledger.url(Query(child, period))]
        for state in states:
            numbers += [found[state], ledger.url(Query(child, period, filters={"state": state}))]
        yield Share(child, _address(child, year), *numbers)


# one planned activity


@require_GET
def planned(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one planned activity, with what to do next."""
    shown = get_object_or_404(
        PlannedActivity.objects.visible_to(request.user).select_related("organization", "activity"), pk=pk
    )
    context = {"planned": shown, "may_edit": may(request.user, Right.ACTIVITIES_EDIT, shown.organization)}
    return render(request, "activities/planned.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Plan one activity."""
    editable = Organization.objects.visible_to(request.user, Right.ACTIVITIES_EDIT)
    code = getattr(request.chosen_organization, "code", "")
    initial = {"organization": editable.undissolved().filter(Q(code=code)).first()}
    form = PlannedForm(request.POST or None, instance=PlannedActivity(), user=request.user, initial=initial)
    return _fill_in(request, form, "新增计划")


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a planned activity."""
    held = get_object_or_404(PlannedActivity.objects.visible_to(request.user, Right.ACTIVITIES_EDIT), pk=pk)
    return _fill_in(request, PlannedForm(request.POST or None, instance=held, user=request.user), "编辑计划")


def _fill_in(request: PortalRequest, form: PlannedForm, title: str) -> HttpResponse:
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已保存。")
        return redirect(there)
    ledger = ledgers.get("plans")
    back = form.instance.get_absolute_url() if form.instance.pk else ledger.url()
    return render(
        request,
        "branches/record_form.html",
        {"form": form, "title": title, "trail": [(ledger.title, ledger.url()), (title, "")], "back": back},
    )


@require_POST
def delete(request: PortalRequest, pk: int) -> HttpResponse:
    """Take an activity out of the plan; what is on record stays."""
    held = get_object_or_404(PlannedActivity.objects.visible_to(request.user, Right.ACTIVITIES_EDIT), pk=pk)
    year, organization = held.date.year, held.organization
    held.erase()
    messages.success(request, "已从计划里删去。")
    return redirect(_address(organization, year))
