"""Measures on an organisation's page and on the workbench: what is due, overdue, waiting for an answer."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right, access_of
from activities.panels.concerns import figures_of
from branches.models import Organization
from branches.panels.registry import Panel
from branches.panels.todos import Todo
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.scope import may
from ledgers.workdays import add_workdays

from ..models import Measure, Supervision
from ..models.measures import WARNED_BEFORE
from ..querysets import measure_overdue_on

SHOWN = 5
FIGURES = (
    "measures.due", "measures.done", "measures.overdue", "rectify.open", "rectify.closed", "rectify.overdue",
)  # fmt: skip


def _measures(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The period's numbers, and what is due first."""
    if organization.kind == Organization.Kind.GROUP or not may(user, Right.MEASURES_VIEW, organization):
        return None
    held = Measure.objects.visible_to(user).under(organization).filter(accepted_on__isnull=True)
    rows = list(held.order_by("due_on", "pk").select_related("organization").prefetch_related("stages")[:SHOWN])
    sets = may(user, Right.MEASURES_SET, organization) and organization.is_live
    if organization.is_branch and not rows and not sets:
        return None
    query = urlencode({"organization": organization.code})
    return {
        "figures": figures_of(FIGURES, organization, period),
        "rows": rows,
        "create": f"{reverse('assessments:responsibility-create')}?{query}" if sets else "",
        "rectify": f"{reverse('assessments:rectification-create')}?{query}" if sets else "",
        "note": period.label,
    }


PANELS = (Panel("责任清单和整改", "assessments/panels/measures.html", _measures, order=17),)


def measures_waiting(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield what the user has to do or to answer; two queries at most."""
    access = access_of(user)
    soon = add_workdays(today, WARNED_BEFORE)
    if access.has_on(Right.MEASURES_REPORT, organization.path):
        open_ones = Measure.objects.visible_to(user).under(organization).filter(done_on__isnull=True)
        overdue = measure_overdue_on(today)
        kinds = (
            ("bad", "逾期", "{} 项任务和整改过了时限", overdue, "overdue"),
            ("warn", "临期", f"{{}} 项任务和整改将在 {WARNED_BEFORE} 个工作日内到期",
             Q(due_on__range=(today, soon), extended_to__isnull=True) | Q(extended_to__range=(today, soon)), "open"),
            ("bad", "退回", "{} 项任务和整改被退回，办好后重新报送", ~Q(returned=""), "open"),
        )  # fmt: skip
        yield from _told(open_ones, kinds, organization)
    if access.has(Right.MEASURES_SET):
        settled = Measure.objects.settled_by(user).under(organization).filter(accepted_on__isnull=True)
        asked = Q(asked_on__isnull=False, extended_on__isnull=True, done_on__isnull=True)
        kinds = (
            ("warn", "待验收", "{} 项任务和整改等待验收", Q(done_on__isnull=False), "waiting"),
            ("warn", "延期", "{} 项任务申请延期", asked, "asked"),
        )  # type: ignore[assignment]
        yield from _told(settled, kinds, organization)


def matters_waiting(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield the matters handed to the user's organisations, and those that they check; two queries at most."""
    access = access_of(user)
    open_ones = Supervision.objects.visible_to(user).under(organization)
    open_ones = open_ones.filter(sent_on__isnull=False, closed_on__isnull=True)
    if access.has_on(Right.MEASURES_REPORT, organization.path):
        unanswered = Q(answered_on__isnull=True)
        kinds = (
            ("bad", "逾期", "{} 件督办事项过了时限", unanswered & Q(due_on__lt=today), "overdue"),
            ("warn", "督办", "{} 件督办事项等待签收", unanswered & Q(signed_on__isnull=True), "unsigned"),
        )
        yield from _told(open_ones, kinds, organization, "supervisions")
    if access.has(Right.MEASURES_SET):
        answered = Supervision.objects.settled_by(user).under(organization).filter(closed_on__isnull=True)
        kinds = (("warn", "待审核", "{} 件督办事项已反馈，等待审核", Q(answered_on__isnull=False), "answered"),)  # type: ignore[assignment]
        yield from _told(answered, kinds, organization, "supervisions")


def _told(rows: QuerySet[Any], kinds: Any, organization: Organization, slug: str = "measures") -> Iterator[Todo]:
    found = rows.order_by().aggregate(**{f"n{place}": Count("pk", filter=one[3]) for place, one in enumerate(kinds)})
    for place, (tone, word, text, _, state) in enumerate(kinds):
        if number := found[f"n{place}"]:
            url = get_ledger(slug).url(Query(organization, filters={"state": state}))
            yield Todo(tone, word, text.format(number), url)
