"""Reviews, promises and study on the pages of an activity, a member and an organisation, and among to-dos."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Min
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Panel
from branches.panels.todos import Todo
from ledgers import facts
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.scope import may
from ledgers.views import EVER
from members.models import Member, Membership
from members.panels.cards import CardTable
from members.panels.sections import Section as MemberSection
from members.timeline import Moment

from ..democratic import by_branch, coming, day_of, ungraded
from ..hours import progress_of
from ..models import Activity, Certificate, Criticism, DemocraticReview, Promise
from .sections import Section

SHOWN = 5
Kind, Grade = Activity.Kind, DemocraticReview.Grade
GRADE_TONES = {Grade.EXCELLENT: "ok", Grade.QUALIFIED: "ok", Grade.BASIC: "warn", Grade.UNQUALIFIED: "bad"}


# an activity's page


def _reads(activity: Activity, user: User) -> bool:
    return activity.kind == Kind.LIFE and may(user, Right.TALKS_READ, activity.organization)


def _add(activity: Activity, user: User, view: str) -> str:
    if not may(user, Right.ACTIVITIES_EDIT, activity.organization):
        return ""
    return f"{reverse(view)}?{urlencode({'activity': activity.pk})}"


def _criticisms(activity: Activity, user: User) -> Mapping[str, Any] | None:
    """Who said what, one's own first; of life meetings, for those who may read talks."""
    if not _reads(activity, user):
        return None
    rows = Criticism.objects.filter(activity=activity).select_related("speaker", "member")
    return {
        "rows": rows.order_by("-kind", "member_id", "pk"),
        "add": _add(activity, user, "activities:criticism-create"),
    }


def _promises(activity: Activity, user: User) -> Mapping[str, Any] | None:
    """What was promised, the next due first."""
    if not _reads(activity, user):
        return None
    today = timezone.localdate()
    rows = Promise.objects.filter(activity=activity).select_related("owner").order_by("deadline", "pk")
    return {
        "rows": [(one, one.state_on(today)) for one in rows],
        "add": _add(activity, user, "activities:promise-create"),
    }


def _review(activity: Activity, user: User) -> Mapping[str, Any] | None:
    """The way to the branch's sheet, from a meeting that reviewed its members: in spring it was last year's."""
    if activity.kind != Kind.REVIEW or not activity.organization.is_branch:
        return None
    if not may(user, Right.MEMBERS_VIEW, activity.organization):
        return None
    year = activity.date.year - (activity.date.month <= 6)
    found = coming([activity.organization_id], year)[activity.organization_id]
    return {
        "year": year,
        "coming": found,
        "url": reverse("activities:democratic-sheet", args=[activity.organization.code, year]),
    }


def _series(activity: Activity, user: User) -> Mapping[str, Any] | None:
    """The series that it is part of, with its theme."""
    series = activity.series
    return {"series": series, "theme": series.theme} if series else None


ACTIVITY_SECTIONS = (
    Section("批评意见", "activities/sections/criticisms.html", _criticisms, order=30),
    Section("整改承诺", "activities/sections/promises.html", _promises, order=31),
    Section("民主评议", "activities/sections/review.html", _review, order=32, aside=True),
    Section("学习系列", "activities/sections/series.html", _series, order=33, aside=True),
)


# a member's page


def _latest(rows: Any, member: Member, slug: str, line: Any) -> Mapping[str, Any] | None:
    latest = list(rows[: SHOWN + 1])
    if not latest:
        return None
    return {
        "rows": [line(row) for row in latest[:SHOWN]],
        "count": rows.count() if len(latest) > SHOWN else 0,
        "ledger": f"{get_ledger(slug).url(Query(filters={'member': str(member.pk)}))}&period={EVER}",
    }


def _grade(review: DemocraticReview) -> tuple[str, str]:
    return GRADE_TONES.get(Grade(review.grade), "none") if review.grade else "none", (
        review.get_grade_display() or "没有评定"
    )


def _reviews(member: Member, user: User) -> Mapping[str, Any] | None:
    def line(row: DemocraticReview) -> Any:
        return row.date, _grade(row), f"{row.year} 年民主评议", row.get_absolute_url()

    rows = DemocraticReview.objects.visible_to(user).filter(member=member).order_by("-year", "-pk")
    return _latest(rows, member, "democratic-reviews", line)


def _certificates(member: Member, user: User) -> Mapping[str, Any] | None:
    def line(row: Certificate) -> Any:
        tone = "ok" if row.concentrated else "none"
        return row.date, (tone, row.worth), row.title, row.get_absolute_url()

    return _latest(Certificate.objects.visible_to(user).filter(member=member), member, "certificates", line)


def _promised(member: Member, user: User) -> Mapping[str, Any] | None:
    if not may(user, Right.TALKS_READ, member.branch):
        return None
    today = timezone.localdate()

    def line(row: Promise) -> Any:
        return row.deadline, row.state_on(today), row.item, row.get_absolute_url()

    rows = Promise.objects.visible_to(user).filter(owner=member).order_by(F("done_on").desc(nulls_first=True), "-pk")
    return _latest(rows, member, "promises", line)


def _adds(member: Member, user: User) -> Mapping[str, Any] | None:
    if not may(user, Right.MEMBERS_EDIT, member.branch) or member.left_on:
        return None
    address = f"{reverse('activities:certificate-create')}?{urlencode({'member': member.pk})}"
    return {"add": [("培训证书", address)]}


PERSONAL = "members/sections/personal.html"
MEMBER_SECTIONS = (
    MemberSection("民主评议", PERSONAL, _reviews, order=30),
    MemberSection("培训证书", PERSONAL, _certificates, order=32),
    MemberSection("整改承诺", PERSONAL, _promised, order=61),
    MemberSection("登记培训", "members/sections/additions.html", _adds, order=69),
)


def moments(member: Member, user: User) -> Iterator[Moment]:
    """Yield a member's grades and certificates; two queries."""
    for review in DemocraticReview.objects.visible_to(user).filter(member=member).exclude(grade=""):
        yield Moment(
            review.date, f"{review.year} 年民主评议", review.get_grade_display(), url=review.get_absolute_url()
        )
    for paper in Certificate.objects.visible_to(user).filter(member=member):
        given = "，".join(part for part in (paper.issuer, paper.worth) if part)
        yield Moment(paper.date, paper.title, given, url=paper.get_absolute_url())


def _card(members: Sequence[Member], user: User) -> Iterator[tuple[int, Sequence[Any]]]:
    rows = DemocraticReview.objects.visible_to(user).filter(member__in=members).exclude(grade="")
    for row in rows.order_by("-year", "pk"):
        yield row.member_id, (f"{row.year} 年", row.get_grade_display(), row.decision)


CARD_TABLES = (CardTable("民主评议", ("年度", "等次", "处置意见"), _card, order=35),)


# an organisation's page

REVIEWED = (
    "democratic.graded",
    "democratic.excellent",
    "democratic.basic",
    "democratic.unqualified",
    "life.criticisms",
    "life.promises",
    "life.promises_done",
    "study.certificates",
    "study.certificate_hours",
)


def _panel(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """Counts of the period, those of life meetings as links only for who may read talks, and the year's pages."""
    if organization.kind == Organization.Kind.GROUP or not may(user, Right.MEMBERS_VIEW, organization):
        return None
    counted = facts.of(organization, period)
    talks = may(user, Right.TALKS_READ, organization)
    figures = [
        (fact.title, counted[code], fact.unit, fact.url(organization, period) if talks or "life." not in code else "")
        for code in REVIEWED
        if counted[code] and (fact := facts.get(code))
    ]
    year = min(period.year, timezone.localdate().year)
    if organization.is_branch:
        ways = [
            (f"{year} 年民主评议", reverse("activities:democratic-sheet", args=[organization.code, year])),
            ("学时进度", f"{reverse('activities:hours-branch', args=[organization.code])}?year={year}"),
        ]
    else:
        asked = urlencode({"organization": organization.code, "year": year})
        ways = [
            (f"{year} 年民主评议", f"{reverse('activities:democratic')}?{asked}"),
            ("学时进度", f"{reverse('activities:hours')}?{asked}"),
        ]
    return {"figures": figures, "ways": ways, "note": period.label}


PANELS = (Panel("学习、评议和整改承诺", "activities/panels/study.html", _panel, order=41),)


# the workbench

AHEAD = timedelta(days=7)
REVIEW_MONTHS = (12, 1, 2)
"""Months in which a year's review is asked for: its last, and the first two of the next."""
HOURS_FROM_MONTH = 10


def todos(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield promises late or due within a week, the year's review, and in autumn who is behind with hours."""
    yield from _promises_due(organization, user, today)
    if may(user, Right.MEMBERS_EDIT, organization):
        yield from _reviews_due(organization, today)
        yield from _hours_due(organization, today)


def _promises_due(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    held = Promise.objects.visible_to(user).under(organization).open()
    late = held.late_on(today).values_list("pk", flat=True)
    soon = held.filter(deadline__range=(today, today + AHEAD))
    ledger = get_ledger("promises")
    if count := len(late):
        url = f"{ledger.url(Query(organization, filters={'state': 'late'}))}&period={EVER}"
        yield Todo("bad", "已超期", f"组织生活会整改承诺 {count} 项超期没有完成", url)
    days = soon.aggregate(first=Min("deadline"))["first"]
    if days:
        url = f"{ledger.url(Query(organization, filters={'state': 'open'}))}&period={EVER}"
        yield Todo("warn", "快到期", f"组织生活会整改承诺 {soon.count()} 项 7 天内到期", url, f"{days:%m-%d}")


def _reviews_due(organization: Organization, today: date) -> Iterator[Todo]:
    if today.month not in REVIEW_MONTHS:
        return
    year = today.year if today.month == 12 else today.year - 1
    day = day_of(year)
    people = Membership.objects.in_force_on(day).under(organization, day).in_live_branches(today)
    lacking = by_branch(ungraded(people, year, day))
    if not lacking:
        return
    if organization.is_branch:
        url, words = reverse("activities:democratic-sheet", args=[organization.code, year]), ""
    else:
        url, words = f"{reverse('activities:democratic')}?year={year}", f"{len(lacking)} 个支部"
    yield Todo("warn", "本年要办", f"{year} 年民主评议党员：{words}还有 {sum(lacking.values())} 人没有评定", url)


def _hours_due(organization: Organization, today: date) -> Iterator[Todo]:
    """A branch only: of a whole street it would count every roll of the year."""
    if not organization.is_branch or today.month < HOURS_FROM_MONTH:
        return
    people = progress_of([organization.pk], Period(today.year, Period.YEAR), today).get(organization.pk, [])
    if behind := [one for one in people if one.state[0] == "warn"]:
        url = f"{reverse('activities:hours-branch', args=[organization.code])}?year={today.year}"
        yield Todo("warn", "本年要办", f"党员 {len(behind)} 人今年学时落后或者缺集中培训", url, "12-31")
