"""Check-ins, talks, matters, honours and achievements on the pages of a member and of an organisation."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Panel
from ledgers import facts
from ledgers.facts import Fact
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.parsing import parted
from ledgers.period import Period
from ledgers.scope import may
from ledgers.views import EVER

from ..models import (
    CommunityCheckIn,
    DuesWaiver,
    Exemption,
    Honor,
    MatterReport,
    Member,
    PerformanceRecord,
    Talk,
    TemporaryAttachment,
)
from ..timeline import Moment
from .sections import Section

SHOWN = 5
Line = tuple[date, tuple[str, str], str, str]
"""Day, (colour, word) of the tag, title, address."""


def _section(rows: Any, member: Member, slug: str, line: Callable[[Any], Line]) -> Mapping[str, Any] | None:
    """Return the latest rows of one kind; None where there is nothing to show."""
    latest = list(rows[: SHOWN + 1])
    if not latest:
        return None
    ledger = get_ledger(slug)
    many = len(latest) > SHOWN
    return {
        "rows": [line(row) for row in latest[:SHOWN]],
        "count": rows.count() if many else 0,
        "ledger": f"{ledger.url(Query(filters={'member': str(member.pk)}))}&period={EVER}",
    }


def _checkins(member: Member, user: User) -> Mapping[str, Any] | None:
    def line(row: CommunityCheckIn) -> Line:
        post = f"，{row.get_posts_display()}" if row.posts else ""
        tag = ("none", "已结束") if row.end else ("ok", "在报到")
        return row.start, tag, f"{row.community.label}{post}", row.get_absolute_url()

    rows = CommunityCheckIn.objects.filter(member=member).select_related("community")
    return _section(rows, member, "checkins", line)


def _talks(member: Member, user: User) -> Mapping[str, Any] | None:
    if not may(user, Right.TALKS_READ, member.branch):
        return None

    def line(row: Talk) -> Line:
        waiting = row.follow_up_by and not row.followed_up_on
        tag = ("warn", "待办") if waiting else ("none", row.get_kind_display())
        return row.date, tag, f"{row.talker_name}同{member.name}谈话", row.get_absolute_url()

    rows = Talk.objects.visible_to(user).filter(member=member)
    return _section(rows, member, "talks", line)


def _matters(member: Member, user: User) -> Mapping[str, Any] | None:
    if not may(user, Right.SANCTIONS_READ, member.branch):
        return None

    def line(row: MatterReport) -> Line:
        tag = ("ok", "已答复") if row.answered_on else ("warn", "待答复")
        return row.date, tag, row.get_kind_display(), row.get_absolute_url()

    rows = MatterReport.objects.visible_to(user).filter(member=member)
    return _section(rows, member, "matters", line)


def _honors(member: Member, user: User) -> Mapping[str, Any] | None:
    def line(row: Honor) -> Line:
        tag = ("ok" if row.nature == Honor.Nature.HONOR else "bad", row.get_nature_display())
        return row.date, tag, row.title, row.get_absolute_url()

    rows = Honor.objects.visible_to(user).filter(member=member)
    return _section(rows, member, "honors", line)


def _achievements(member: Member, user: User) -> Mapping[str, Any] | None:
    def line(row: PerformanceRecord) -> Line:
        return row.date, ("none", row.get_area_display()), row.title, row.get_absolute_url()

    rows = PerformanceRecord.objects.visible_to(user).filter(member=member)
    return _section(rows, member, "achievements", line)


def _decided(model: type[Any], slug: str) -> Callable[[Member, User], Mapping[str, Any] | None]:
    """Return what shows the decisions of one kind that were made of a member."""

    def shown(member: Member, user: User) -> Mapping[str, Any] | None:
        def line(row: Any) -> Line:
            over = row.until is not None and row.until <= timezone.localdate()
            tag = ("none", "已撤销") if over else ("ok", "有效")
            return row.date, tag, row.reason, row.get_absolute_url()

        return _section(model.objects.visible_to(user).filter(member=member), member, slug, line)

    return shown


ADDITIONS = (
    ("社区报到", "members:checkin-create"),
    ("谈话", "members:talk-create"),
    ("奖惩", "members:honor-create"),
    ("实绩", "members:achievement-create"),
    ("重大事项", "members:matter-create"),
    ("不作要求", "members:exemption-create"),
    ("党费减免", "members:waiver-create"),
    ("编入临时党支部", "members:attachment-create"),
)


def _additions(member: Member, user: User) -> Mapping[str, Any] | None:
    """Return what can be entered of this member; None where the user may not."""
    if not may(user, Right.MEMBERS_EDIT, member.branch) or member.left_on:
        return None
    asked = urlencode({"member": member.pk})
    return {"add": [(label, f"{reverse(view)}?{asked}") for label, view in ADDITIONS]}


SECTIONS = (
    Section("社区报到", "members/sections/personal.html", _checkins, order=40),
    Section("谈话", "members/sections/personal.html", _talks, order=60),
    Section("奖惩", "members/sections/personal.html", _honors, order=62),
    Section("实绩档案", "members/sections/personal.html", _achievements, order=64),
    Section("重大事项报告", "members/sections/personal.html", _matters, order=66),
    Section("不作要求", "members/sections/personal.html", _decided(Exemption, "exemptions"), order=67),
    Section("党费减免", "members/sections/personal.html", _decided(DuesWaiver, "dues-waivers"), order=67),
    Section("编入临时党支部", "members/sections/personal.html", _decided(TemporaryAttachment, "attachments"), order=67),
    Section("登记", "members/sections/additions.html", _additions, order=68),
)


def deeds(member: Member, user: User) -> Iterator[Moment]:
    """Yield a member's check-ins, and the honours and sanctions that the user may see; two queries."""
    for checkin in CommunityCheckIn.objects.filter(member=member).select_related("community"):
        yield Moment(checkin.start, "到社区报到", checkin.community.name, url=checkin.get_absolute_url())
        if checkin.end:
            yield Moment(checkin.end, "结束社区报到", checkin.community.name, url=checkin.get_absolute_url())
    for honor in Honor.objects.visible_to(user).filter(member=member):
        given = "".join(part for part in (honor.authority, honor.document) if part)
        yield Moment(honor.date, honor.title, given, url=honor.get_absolute_url())


# an organisation's page


def _figures(
    codes: Iterable[str], organization: Organization, period: Period, user: User
) -> list[tuple[str, Any, str, str]]:
    """Return title, number, unit and address of facts; no address where the user sees the count only."""
    counted = facts.of(organization, period)
    known: list[Fact] = [fact for fact in facts.every() if fact.code in codes]

    def url(fact: Fact) -> str:
        needed = fact.register.right_for(fact.filters)
        return fact.url(organization, period) if may(user, needed, organization) else ""

    return [(fact.title, counted[fact.code], fact.unit, url(fact)) for fact in known]


def _community(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """Who has checked in as of the period's end, by post, and the hours served in the period."""
    if organization.is_branch or organization.kind == Organization.Kind.GROUP:
        return None
    if not may(user, Right.MEMBERS_VIEW, organization):
        return None
    figures = _figures(("checkin.members", "checkin.service_hours"), organization, period, user)
    ledger = get_ledger("checkins")
    rows = ledger.rows(Query(organization, on=period.as_of())).exclude(posts="").order_by()
    counted = Counter[str]()
    for posts, people in rows.values_list("posts").annotate(Count("pk")):
        counted.update(dict.fromkeys(parted(posts), people))
    posts = [
        (label, counted[post], ledger.url(Query(organization, on=period.as_of(), filters={"post": post})))
        for post, label in CommunityCheckIn.Post.choices
        if post in counted
    ]
    edits = may(user, Right.MEMBERS_EDIT, organization) and organization.is_live
    is_community = organization.kind == Organization.Kind.COMMUNITY_COMMITTEE
    address = f"{reverse('members:checkin-create')}?{urlencode({'community': organization.code})}"
    return {
        "figures": figures,
        "posts": posts,
        "note": period.label,
        "words": ""
        if any(number for _, number, _, _ in figures)
        else "还没有在职党员报到。可以逐个登记，或从 Excel 导入。",
        "add": ("登记报到", address) if edits and is_community else None,
    }


SUPERVISION = (
    "talks.held",
    "talks.heart",
    "matters.reported",
    "honors.granted",
    "honors.sanctions",
    "achievements.recorded",
)


def _supervision(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """Counts of the period; who may not read talks and sanctions sees their numbers only."""
    if organization.kind == Organization.Kind.GROUP or not may(user, Right.MEMBERS_VIEW, organization):
        return None
    figures = _figures(SUPERVISION, organization, period, user)
    empty = "本期没有谈话、奖惩和实绩记录。在党员页面登记，或从 Excel 导入。"
    words = "" if any(number for _, number, _, _ in figures) else empty
    return {"figures": figures, "note": period.label, "words": words}


PANELS = (
    Panel("在职党员报到", "members/panels/personal.html", _community, order=40),
    Panel("谈话、奖惩和实绩", "members/panels/personal.html", _supervision, order=42),
)


def due_talks(user: User, organization: Organization, until: date) -> tuple[int, date | None]:
    """Return how many talks of the organisation wait for their follow-up by a day, and the earliest date due."""
    waiting = Talk.objects.visible_to(user).under(organization).to_follow_up(until)
    days = list(waiting.order_by("follow_up_by").values_list("follow_up_by", flat=True))
    return len(days), days[0] if days else None
