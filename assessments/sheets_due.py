"""The workbench's reminder of assessment sheets that wait for the user: to score oneself, to review, to decide."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Count, Min, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right, access_of
from branches.models import Organization
from branches.panels.todos import Todo, days_left

from .models import Assessment, SheetEntry

State = Assessment.State


def sheets_due(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield one line for each kind of work that sheets wait for from this user. At most two queries."""
    access = access_of(user)
    visible = Assessment.objects.visible_to(user).under(organization)
    if access.has_on(Right.ASSESSMENTS_DECIDE, organization.path):
        yield from _reviews(visible.filter(state=State.STREET), "份考核表等待复核打分", today)
        claims = SheetEntry.objects.filter(assessment__in=visible, state=SheetEntry.State.CLAIMED)
        first = claims.order_by("pk").values_list("pk", flat=True)
        if waiting := len(first):
            url = reverse("assessments:settle", args=[first[0]])
            yield Todo("none", "考核", f"{waiting} 项加分申报等待审核", url)
    elif access.has_on(Right.ASSESSMENTS_REVIEW, organization.path):
        yield from _reviews(visible.filter(state=State.COMMUNITY), "份考核表等待社区党委初审", today)
        yield from _own(visible.filter(organization=organization), today)
    elif access.has_on(Right.ASSESSMENTS_SELF, organization.path):
        yield from _own(visible, today)


def _reviews(sheets: QuerySet[Assessment], words: str, today: date) -> Iterator[Todo]:
    found = sheets.order_by().aggregate(number=Count("pk"), first=Min("due"))
    if found["number"]:
        yield _todo(f"{found['number']} {words}", reverse("assessments:review"), found["first"], today)


def _own(sheets: QuerySet[Assessment], today: date) -> Iterator[Todo]:
    rows = sheets.filter(state=State.SELF).select_related("organization", "scheme").order_by("due", "pk")
    for sheet in rows[:3]:
        yield _todo(f"{sheet.when.label}{sheet.scheme.title}等待自评", sheet.get_absolute_url(), sheet.due, today)


def _todo(text: str, url: str, due: date | None, today: date) -> Todo:
    if due is None:
        return Todo("none", "考核", text, url)
    if due < today:
        return Todo("bad", "逾期", text, url, f"应在 {due:%m-%d} 前办理")
    return Todo("warn", "考核", text, url, days_left(due, today))
