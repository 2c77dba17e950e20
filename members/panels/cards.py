"""The member card: everything about a member on one printed page, as tables that each concern declares.

A table is gathered for all cards of a print at once, so that two hundred cards cost as many queries as one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, access_of
from branches.models import CommitteeSeat
from ledgers import facts
from ledgers.facts import Fact
from ledgers.ledger import Query
from ledgers.period import Period
from ledgers.registry import Registry

from ..models import UNKNOWN_START, CommunityCheckIn, Honor, Member, Membership, PerformanceRecord
from ..taking_part import HOURS

MOST = 200
"""Cards printed at once."""
YEARS = 5
Row = tuple[int, Sequence[Any]]
"""Whose line it is, and its cells."""


@dataclass(frozen=True)
class CardTable:
    """One table on the card. `rows(members, user)` yields the lines of all the members that the user may see."""

    title: str
    headers: Sequence[str]
    rows: Callable[[Sequence[Member], User], Iterable[Row]]
    order: int = 50


@dataclass
class Card:
    """One member's card. `clear` says that numbers and address stand in full."""

    member: Member
    clear: bool
    tables: list[tuple[CardTable, list[Sequence[Any]]]] = field(default_factory=list)


card_tables: Registry[CardTable] = Registry(order=lambda table: table.order)
"""The tables of a member's card."""


def cards_of(members: Sequence[Member], user: User, clear: bool = False) -> list[Card]:
    """Return the cards in the order of the members, each with the tables that have something to say.

    `clear` shows sensitive numbers of those on whom the user has the right; the caller writes the trace.
    """
    access = access_of(user)
    cards = {m.pk: Card(m, clear and access.has_on(Right.SENSITIVE_REVEAL, m.branch.path)) for m in members}
    for table in card_tables:
        lines: dict[int, list[Sequence[Any]]] = defaultdict(list)
        for pk, cells in table.rows(members, user):
            lines[pk].append(cells)
        for pk, cells in lines.items():
            cards[pk].tables.append((table, cells))
    return list(cards.values())


def _span(start: date | None, end: date | None) -> str:
    first = "" if start is None or start <= UNKNOWN_START else start.isoformat()
    return f"{first} 至 {end.isoformat() if end else '今'}" if first else f"至 {end.isoformat() if end else '今'}"


def _belonging(members: Sequence[Member], user: User) -> Iterator[Row]:
    held = Membership.objects.filter(member__in=members).select_related("branch").order_by("start")
    for m in held:
        state = "、".join(part for part in (m.get_employment_display(), "流动" if m.is_floating else "") if part)
        yield (
            m.member_id,
            (_span(m.start, m.end), m.branch.name, state, m.get_came_by_display(), m.get_left_by_display()),
        )


def _offices(members: Sequence[Member], user: User) -> Iterator[Row]:
    seats = CommitteeSeat.objects.visible_to(user).filter(member__in=members)
    for seat in seats.select_related("committee__organization").order_by("committee__start", "pk"):
        committee = seat.committee
        end = seat.left_on or committee.ended_on
        what = f"{committee.organization.name}{committee.number}"
        yield seat.member_id or 0, (_span(seat.since or committee.start, end), what, seat.get_post_display())


def _yearly(counted: Sequence[Fact], members: Sequence[Member], user: User) -> dict[tuple[int, int], list[Any]]:
    """Return (member, year) → the numbers of these facts, which share a ledger, over the last years; one query."""
    years = tuple(Period.containing(timezone.localdate(), Period.YEAR).last(YEARS))
    ledger = counted[0].register
    rows = ledger.queryset().filter(
        access_of(user).scope(ledger.right, ledger.path),
        **{"member__in": members, f"{ledger.date}__range": (years[0].start, years[-1].end)},
    )
    keep = Query()
    numbers = {f"n{i}": fact.aggregate(keep, ledger.condition({}, keep)) for i, fact in enumerate(counted)}
    year = f"{ledger.date}__year"
    found = rows.order_by().values_list("member_id", year).annotate(**numbers).order_by("member_id", f"-{year}")
    return {(pk, number): list(values) for pk, number, *values in found if any(values)}


def _meetings(members: Sequence[Member], user: User) -> Iterator[Row]:
    met = _yearly([facts.get(f"attendance.{name}") for name in ("expected", "present", "leave")], members, user)
    studied = _yearly([HOURS], members, user)
    for pk, year in sorted({*met, *studied}, key=lambda key: (key[0], -key[1])):
        expected, present, leave = met.get((pk, year), (0, 0, 0))
        (hours,) = studied.get((pk, year), (0,))
        rate = f"{facts.percent(Decimal(present) / expected)}%" if expected else ""
        yield pk, (f"{year}年", expected, present, leave, rate, f"{hours or 0:g}")


def _dues(members: Sequence[Member], user: User) -> Iterator[Row]:
    owed = [facts.get(f"dues.{name}") for name in ("due", "paid", "unpaid_months")]
    for (pk, year), (due, paid, unpaid) in _yearly(owed, members, user).items():
        yield pk, (f"{year}年", f"{due or 0:.2f}", f"{paid or 0:.2f}", f"{unpaid} 个月" if unpaid else "")


def _honors(members: Sequence[Member], user: User) -> Iterator[Row]:
    for honor in Honor.objects.visible_to(user).filter(member__in=members).order_by("date", "pk"):
        given = "".join(part for part in (honor.authority, honor.document) if part)
        yield honor.member_id or 0, (honor.date, honor.get_nature_display(), honor.title, given)


def _checkins(members: Sequence[Member], user: User) -> Iterator[Row]:
    held = CommunityCheckIn.objects.filter(member__in=members).select_related("community").order_by("start", "pk")
    rows = list(held)
    lines = facts.get("checkin.service_hours").register.queryset().filter(checkin__in=rows).order_by()
    served = dict(lines.values_list("checkin_id").annotate(Sum("hours")))
    for row in rows:
        hours = f"{served.get(row.pk, 0):g}"
        yield row.member_id or 0, (_span(row.start, row.end), row.community.name, row.get_posts_display(), hours)


def _achievements(members: Sequence[Member], user: User) -> Iterator[Row]:
    for row in PerformanceRecord.objects.visible_to(user).filter(member__in=members).order_by("date", "pk"):
        yield row.member_id, (row.date, row.get_area_display(), row.title)


TABLES = (
    CardTable("组织关系", ("时间", "党支部", "状态", "进入方式", "离开方式"), _belonging, order=10),
    CardTable("党内任职", ("时间", "党组织", "职务"), _offices, order=20),
    CardTable("组织生活和学时", ("年度", "应到", "到会", "请假", "到会率", "学时"), _meetings, order=30),
    CardTable("党费（元）", ("年度", "应缴", "实缴", "未缴清"), _dues, order=40),
    CardTable("社区报到", ("时间", "社区", "岗位", "服务时数"), _checkins, order=50),
    CardTable("奖惩", ("日期", "奖惩", "名称", "决定机关和文号"), _honors, order=60),
    CardTable("实绩", ("日期", "领域", "实绩"), _achievements, order=70),
)
