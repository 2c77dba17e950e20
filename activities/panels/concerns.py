"""Residents' concerns and visits on an organisation's page and on the workbench."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Panel
from branches.panels.todos import Todo
from branches.panels.tree import Figure
from ledgers import facts
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.scope import may
from ledgers.workdays import add_workdays, workdays_between

from ..models import Concern, Visit
from ..models.concerns import SOON, open_on, unresolved_on

SHOWN = 5
CONCERNS = ("concerns.received", "concerns.resolved", "concerns.escalated")
VISITS = ("visits.reports", "visits.papers", "visits.residents")


def figures_of(codes: tuple[str, ...], organization: Organization, period: Period) -> list[Figure]:
    """Return the figures of these facts."""
    counted = facts.of(organization, period)
    asked = [facts.get(code) for code in codes]
    return [Figure(f.title, counted[f.code], f.unit, f.url(organization, period)) for f in asked]


def new_record(view: str, organization: Organization, user: User) -> str:
    """Return the address of the form for a new record of the organisation; empty where the user may not."""
    if not may(user, Right.ACTIVITIES_EDIT, organization) or not organization.is_live:
        return ""
    return f"{reverse(view)}?{urlencode({'organization': organization.code})}"


def _concerns(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The period's numbers, and what still waits for an answer, the most urgent first."""
    if organization.kind == Organization.Kind.GROUP or not may(user, Right.ACTIVITIES_VIEW, organization):
        return None
    ledger = get_ledger("concerns")
    # what falls due later in a running period is not overdue today
    late = Query(organization, on=min(period.end, timezone.localdate()), filters={"limit": "overdue"})
    overdue = Figure("超期未答复", ledger.rows(late, user).count(), "件", ledger.url(late))
    figures = [*figures_of(CONCERNS, organization, period), overdue]
    waiting = Concern.objects.visible_to(user).under(organization).filter(answered_on__isnull=True)
    rows = list(waiting.select_related("organization").order_by("due_on", "pk")[:SHOWN])
    create = new_record("activities:concern-create", organization, user)
    if organization.is_branch and not create and not rows and not any(figure.number for figure in figures):
        return None
    return {
        "figures": figures,
        "satisfaction": facts.rate("concerns.satisfaction").percent(facts.of(organization, period)),
        "rows": rows,
        "create": create,
        "note": period.label,
        "ledger": ledger.url(Query(organization, filters={"state": "open"})),
    }


def _visits(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """How often each source was used in the period, and the latest notes of it."""
    if organization.kind == Organization.Kind.GROUP or not may(user, Right.ACTIVITIES_VIEW, organization):
        return None
    figures = figures_of(VISITS, organization, period)
    noted = Visit.objects.visible_to(user).under(organization).made_between(period.start, period.end)
    rows = list(noted.select_related("organization").order_by("-date", "-pk")[:SHOWN])
    create = new_record("activities:visit-create", organization, user)
    if organization.is_branch and not rows and not create:
        return None
    return {"figures": figures, "rows": rows, "create": create, "note": period.label}


PANELS = (
    Panel("群众诉求", "activities/panels/concerns.html", _concerns, order=44),
    Panel("走访调研", "activities/panels/visits.html", _visits, order=46),
)


def waiting_concerns(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield what is due within some working days, and for the street what was handed up to it; one query.

    What is late already the rules find (R54).
    """
    if not may(user, Right.ACTIVITIES_VIEW, organization):
        return
    due = open_on(today) & Q(due_on__range=(today, add_workdays(today, SOON)))
    up = unresolved_on(today) & Q(escalated_on__lte=today)
    found = (
        Concern.objects.visible_to(user)
        .under(organization)
        .order_by()
        .aggregate(
            due=Count("pk", filter=due), due_first=Min("due_on", filter=due), due_one=Min("pk", filter=due),
            up=Count("pk", filter=up), up_first=Min("escalated_on", filter=up), up_one=Min("pk", filter=up),
        )
    )  # fmt: skip
    ledger = get_ledger("concerns")

    def url(name: str, **filters: str) -> str:
        if found[name] == 1:
            return reverse("activities:concern", args=[found[f"{name}_one"]])
        return ledger.url(Query(organization, filters=filters))

    if found["due"]:
        left = workdays_between(today, found["due_first"])
        when = f"还有 {left} 个工作日" if left else "今天到期"
        yield Todo("warn", "诉求", f"{found['due']} 件群众诉求快到答复期限", url("due", limit="soon"), when)
    if found["up"] and not organization.is_branch and organization.kind != Organization.Kind.COMMUNITY_COMMITTEE:
        first = found["up_first"]
        text = f"{found['up']} 件上报街道的诉求还没有办结"
        yield Todo("warn", "上报", text, url("up", street="open"), f"最早 {first.month}月{first.day}日")
