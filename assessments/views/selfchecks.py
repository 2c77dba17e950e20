"""Pages of self-checks: standards, rounds, what is said of each item, rates by community."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.views.record_pages import Kind, RecordPages, Step, of_place
from ledgers.facts import percent
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.requests import PortalRequest

from .. import selfchecking
from ..forms.selfchecks import (
    CheckAnswersForm,
    ConcludeForm,
    OwnAnswersForm,
    RectifyForm,
    SelfCheckForm,
    StandardForm,
)
from ..models import SelfCheck, Standard
from .choice import chosen_organization

SHEET = "assessments/selfcheck_form.html"


def _has_failing(selfcheck: Any) -> bool:
    return bool(selfchecking.failing_of(selfcheck.answers.all()))


STEPS = (
    Step(
        "own", "填自评", OwnAnswersForm, Right.ASSESSMENTS_SELF, "已保存自评。",
        lambda one: one.checked_on is None, template=SHEET,
    ),
    Step(
        "check", "核查", CheckAnswersForm, Right.ASSESSMENTS_REVIEW, "已保存核查结果。",
        lambda one: one.done_on is not None and not one.overall, template=SHEET,
    ),
    Step(
        "conclude", "总体结论", ConcludeForm, Right.ASSESSMENTS_REVIEW, "已保存结论。",
        lambda one: one.checked_on is not None,
    ),
    Step(
        "rectify", "不达标项转整改", RectifyForm, Right.MEASURES_SET, "不达标的项已转成整改事项。", _has_failing
    ),
)  # fmt: skip


class SelfCheckPages(RecordPages):
    """A standard that something was held against is not changed any more."""

    detail = "assessments/selfcheck.html"

    def seen(self, kind: Kind, user: User) -> Any:
        if kind.model is Standard:
            return Standard.objects.readable_by(user)
        rows = super().seen(kind, user)
        return rows.select_related("standard").prefetch_related("answers__item", "answers__measures__stages")

    def is_changeable(self, record: Any, user: User) -> bool:
        if isinstance(record, Standard):
            return not record.selfchecks.exists()
        return not record.overall

    def more(self, record: Any, user: User) -> dict[str, Any]:
        if isinstance(record, Standard):
            return {"items": record.items.all()}
        rate = record.rate
        return {"answers": record.answers.all(), "rate": None if rate is None else percent(rate)}


PAGES = SelfCheckPages(
    (
        Kind(
            "standard", "自查标准", Standard, StandardForm, "standards",
            ("organization", "edition", "first_year", "last_year"), (), of_place(Standard, Right.SCHEMES_MANAGE),
            Right.SCHEMES_MANAGE,
            "对应了规则的条款，自查时由系统按记录先填好。用过的标准不再改动，要改的建立新的一版。",
            Right.ASSESSMENTS_VIEW,
        ),
        Kind(
            "selfcheck", "规范化建设自查", SelfCheck, SelfCheckForm, "selfchecks",
            ("organization", "standard", "period", "done_on", "checked_on", "overall", "note"), (),
            of_place(SelfCheck, Right.ASSESSMENTS_SELF),
            Right.ASSESSMENTS_SELF, "", Right.ASSESSMENTS_VIEW, STEPS,
        ),
    )
)  # fmt: skip


@require_GET
def rates(request: PortalRequest) -> HttpResponse:
    """Show the rate of items met by community and round, each leading to its self-checks. Two queries."""
    place = chosen_organization(request)
    if place is None:
        return render(request, "assessments/empty.html", {"title": "各社区达标率"})
    ledger = get_ledger("selfchecks")
    below = Organization.objects.under(place).order_by("path")
    heads = [one for one in below if one.kind == Organization.Kind.COMMUNITY_COMMITTEE] or [place]
    held = SelfCheck.objects.visible_to(request.user).under(place).filter(done_on__isnull=False)
    counted: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    rounds: set[str] = set()
    for path, period, met, asked in held.values_list("organization__path", "period", "met", "asked"):
        head = next((one for one in heads if path.startswith(one.path)), None)
        if head is not None:
            rounds.add(period)
            sums = counted[head.pk, period]
            sums[0], sums[1], sums[2] = sums[0] + met, sums[1] + asked, sums[2] + 1
    listed = sorted(rounds)
    table = [
        (
            head,
            [
                (percent_of(*counted[head.pk, one]), ledger.url(Query(head, filters={"round": one})))
                if (head.pk, one) in counted
                else None
                for one in listed
            ],
        )
        for head in heads
    ]
    context = {
        "title": "各社区达标率",
        "trail": [(ledger.title, ledger.url()), ("各社区达标率", "")],
        "rounds": [Period.parse(one).label for one in listed],
        "table": table,
    }
    return render(request, "assessments/selfcheck_rates.html", context)


def percent_of(met: int, asked: int, number: int) -> tuple[Any, int]:
    """Return the rate in percent as people are shown it, None where nothing was asked, and how many were checked."""
    return (percent(Decimal(met) / asked) if asked else None), number
