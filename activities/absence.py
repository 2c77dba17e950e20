"""Who comes and who does not: rates by branch and by member, and absences that follow one another."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from ledgers import facts
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.period import Period
from ledgers.scope import may
from ledgers.views import EVER
from members.models import Member
from members.panels.sections import Section as MemberSection

from .facts import MEETINGS
from .models import Activity, Attendance
from .querysets import AttendanceQuerySet

RUNNING = 3
"""Meetings missed one after the other, without leave, from which somebody has to ask why (本街道规定)."""
LOOKED_BACK = timedelta(days=366)
State = Attendance.State


@dataclass(frozen=True)
class Run:
    """The meetings that a member missed without leave since they last came or were excused."""

    count: int
    first: date
    last: date


def counted_lines(organization: Organization, since: date, until: date) -> AttendanceQuerySet:
    """Return the lines of the rolls that facts count as meetings, in the tree as it stood on the last day."""
    return Attendance.objects.filter(
        organization.subtree("activity__organization__path", until),
        activity__kind__in=Activity.Kind.meetings(),
        activity__status__in=Activity.Status.counted(),
        activity__date__range=(since, until),
        state__in=State.asked(),
    )


def runs_of_absence(organization: Organization, day: date, least: int = RUNNING, member: int = 0) -> dict[int, Run]:
    """Return member id → the run of absences that lasts on a day, of at least so many. Two queries.

    Looks back a year. A leave ends a run: who asked to be excused is not lost; nor does an absence count on a day on
    which the member came to another meeting.
    """
    lines = counted_lines(organization, day - LOOKED_BACK, day)
    if member:
        lines = lines.filter(member=member)
    missed = lines.filter(state=State.ABSENT).order_by("activity__date")
    seen = lines.exclude(state=State.ABSENT).order_by().values("member_id").annotate(last=Max("activity__date"))
    seen_last = dict(seen.values_list("member_id", "last"))
    days: dict[int, list[date]] = defaultdict(list)
    for member_id, on in missed.values_list("member_id", "activity__date"):
        if on > seen_last.get(member_id, date.min):
            days[member_id].append(on)
    return {pk: Run(len(each), each[0], each[-1]) for pk, each in days.items() if len(each) >= least}


COLUMNS = (("expected", "asked"), ("present", "there"), ("late", "late"), ("leave", "leave"), ("absent", "absent"))
"""Number of a line of the rates, and the filter of the rows behind it."""
COUNTS = {
    "expected": Count("pk"),
    "present": Count("pk", filter=Q(state__in=State.there())),
    "late": Count("pk", filter=Q(state=State.LATE)),
    "leave": Count("pk", filter=Q(state=State.LEAVE)),
    "absent": Count("pk", filter=Q(state=State.ABSENT)),
}


@dataclass(frozen=True)
class Line:
    """One line of the rates: of whom, its address, (number, address of its rows) in the order of COLUMNS."""

    name: str
    url: str
    numbers: list[tuple[int, str]]
    run: Run | None = None

    @property
    def rate(self) -> Decimal | None:
        """Present of expected in percent, None where nobody was."""
        (expected, _), (present, _), *_ = self.numbers
        return facts.percent(Decimal(present) / expected) if expected else None


def _numbers(
    counts: Mapping[str, Any], organization: Organization, period: Period, **more: str
) -> list[tuple[int, str]]:
    ledger, found = ledgers.get("attendance"), []
    for name, state in COLUMNS:
        filters = {**MEETINGS, **more} | ({"state": state} if state else {})
        found.append((counts[name], ledger.url(Query(organization, period, None, filters))))
    return found


def rates_of_members(branch: Organization, period: Period, user: User) -> list[Line]:
    """Return a line for each member on the rolls of a branch and its groups, the rarest comers first. Three queries."""
    until = period.end
    rows = counted_lines(branch, period.start, until).visible_to(user).order_by()
    runs = runs_of_absence(branch, until, least=1)
    lines = []
    for row in rows.values("member_id", "member__name").annotate(**COUNTS):
        pk: Any = row["member_id"]
        run = runs.get(pk)
        run = run if run and run.last >= period.start else None
        numbers = _numbers(row, branch, period, member=str(pk))
        lines.append(Line(row["member__name"], reverse("members:detail", args=[pk]), numbers, run))
    return sorted(lines, key=lambda line: (line.rate or 0, line.name))


def rates_of_branches(organization: Organization, period: Period, user: User) -> list[tuple[Organization, Line]]:
    """Return a line for each branch with rolls in the period, its groups included, the lowest rate first."""
    rows = counted_lines(organization, period.start, period.end).visible_to(user).order_by()
    sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    step = Organization.steplen
    by_place: Any = rows.values("activity__organization__path", "activity__organization__kind").annotate(**COUNTS)
    for row in by_place:
        path = row["activity__organization__path"]
        if row["activity__organization__kind"] == Organization.Kind.GROUP:
            path = path[:-step]
        for name in COUNTS:
            sums[path][name] += row[name]
    branches = [one for one in Organization.objects.filter(path__in=sums) if one.is_branch]
    found = [(one, Line(one.label, "", _numbers(sums[one.path], one, period))) for one in branches]
    return sorted(found, key=lambda pair: (pair[1].rate or 0, pair[0].path))


def of_member(member: Member, user: User) -> dict[str, Any] | None:
    """The run of absences that still lasts, from two on; a member's page shows the rates themselves elsewhere."""
    if not may(user, Right.ACTIVITIES_VIEW, member.branch):
        return None
    run = runs_of_absence(member.branch, timezone.localdate(), least=2, member=member.pk).get(member.pk)
    if run is None:
        return None
    filters = {**MEETINGS, "member": str(member.pk), "state": State.ABSENT.value}
    ledger = ledgers.get("attendance")
    return {"run": run, "url": f"{ledger.url(Query(member.branch, filters=filters))}&period={EVER}"}


MEMBER_SECTIONS = (MemberSection("连续缺席", "activities/_absent_running.html", of_member, order=29),)
