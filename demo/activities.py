"""What a street's organisations did month by month, who came, and how far the minutes have got."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from random import Random
from zoneinfo import ZoneInfo

from django.db import connection

from activities.models import Activity, Attendance
from branches.models import Organization
from ledgers.period import Period
from members.models import UNKNOWN_START

from .plan import Branch, Plan, Stay, Street
from .texts import LEAVE_REASONS, PLACES, RESOLUTIONS, RETURN_REASONS, TOPICS, minutes

Kind, State, Status = Activity.Kind, Attendance.State, Activity.Status

ROWS_AT_ONCE = 20_000
"""Lines of rolls that are held before they are written."""
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = {
    Kind.LECTURE: Decimal(2),
    Kind.THEME_DAY: Decimal(3),
    Kind.STUDY: Decimal(2),
    Kind.WARNING: Decimal(2),
    Kind.THEORY_GROUP: Decimal(3),
    Kind.TRAINING: Decimal(24),
    Kind.MEETING_AS_TRAINING: Decimal(4),
    Kind.VOLUNTEERING: Decimal(2),
}
START_TIMES = (time(9), time(9, 30), time(14, 30), time(15), time(19))


@dataclass
class Held:
    """One activity with those who should have come; `stated` counts them where no roll was kept."""

    kind: Activity.Kind
    organization: Organization
    day: date
    chair: str
    called: list[Stay] = field(default_factory=list)
    stated: int = 0


def hold(street: Street) -> Counter[str]:
    """Write the street's activities and their rolls, a few thousand lines at a time."""
    random, written = street.random("activities"), Counter(activities=0, attendance=0)
    batch: list[tuple[Activity, list[tuple[int, str, str]]]] = []
    held_on: Counter[tuple[str, date]] = Counter()
    said: dict[int, str] = {}
    waiting = 0
    for held in _calendar(random, street):
        if held.day > street.plan.until:
            continue
        held_on[held.organization.code, held.day] += 1
        number = f"{held.organization.code}-{held.day:%y%m%d}{held_on[held.organization.code, held.day]}"
        roll = [(stay.member.pk, *_came(random, stay)) for stay in held.called]
        activity = _activity(random, street.plan, held, number, roll)
        if activity.status == Status.SUBMITTED and held.day.day % 4 == 0:  # copied, for the review to notice
            activity.content = said.get(held.organization.pk, activity.content)
        said[held.organization.pk] = activity.content
        batch.append((activity, roll))
        waiting += len(roll) + 1
        if waiting > ROWS_AT_ONCE:
            written += _write(batch)
            batch, waiting = [], 0
    return written + _write(batch)


def _write(batch: list[tuple[Activity, list[tuple[int, str, str]]]]) -> Counter[str]:
    """Write the activities, then their rolls: by COPY on PostgreSQL, where a district has ten million lines."""
    Activity.objects.bulk_create([activity for activity, _ in batch], batch_size=1000)
    lines = [(activity.pk, *line) for activity, roll in batch for line in roll]
    if connection.vendor == "postgresql":
        text = StringIO(
            "".join(f"{activity}\t{member}\t{state}\t{reason}\n" for activity, member, state, reason in lines)
        )
        with connection.cursor() as cursor:
            cursor.copy_from(text, Attendance._meta.db_table, columns=("activity_id", "member_id", "state", "reason"))
    else:
        Attendance.objects.bulk_create(
            [Attendance(activity_id=a, member_id=m, state=state, reason=reason) for a, m, state, reason in lines],
            batch_size=5000,
        )
    return Counter(activities=len(batch), attendance=len(lines))


def _calendar(random: Random, street: Street) -> Iterator[Held]:
    """Yield all that was held, organisation by organisation, in the order of time."""
    months = street.plan.periods
    yield from _of_street(random, street, months)
    for community in street.communities:
        yield from _of_community(random, street, community, months)
    for branch in street.branches:
        founded = branch.organization.established or UNKNOWN_START
        for month in months:
            if founded <= month.start:
                yield from _of_branch(random, street, branch, month)


def _of_branch(random: Random, street: Street, branch: Branch, month: Period) -> Iterator[Held]:
    """Yield one month of a branch: what is due, unless it was missed."""
    chair = branch.seats[0].name if branch.seats else branch.stays[0].member.name if branch.stays else ""
    leading = {seat.member_id for seat in branch.seats}
    for kind in _due(random, branch, month):
        day = _day(random, month)
        if random.random() > branch.diligence:
            continue
        if kind == Kind.GROUP:
            for group in branch.groups:
                called = [s for s in branch.called(day) if s.member.group_name == group.short_name]
                yield Held(kind, group, day, called[0].member.name if called else chair, called)
            continue
        called = branch.called(day)
        if kind == Kind.COMMITTEE:
            called = [stay for stay in called if stay.member.pk in leading]
        yield Held(kind, branch.organization, day, chair, called)


def _due(random: Random, branch: Branch, month: Period) -> Iterable[Activity.Kind]:
    """Yield the kinds of activity that a branch would hold in a month."""
    yield Kind.THEME_DAY
    if len(branch.seats) >= 3:
        yield Kind.COMMITTEE
    if branch.groups:
        yield Kind.GROUP
    if month.number % 3 == 2:
        yield Kind.GENERAL
    if month.number % 3 == 0:
        yield Kind.LECTURE
    if month.number % 3 == 1:
        yield Kind.STUDY
    if month.number == 1:
        yield from (Kind.LIFE, Kind.REVIEW)
    if month.number == 9:
        yield Kind.WARNING
    if random.random() < 0.15:
        yield Kind.VOLUNTEERING


def _of_community(random: Random, street: Street, community: Organization, months: list[Period]) -> Iterator[Held]:
    """Yield what a community did: a joint meeting each quarter, mostly, and what it held with its partners."""
    leaders = _leaders(b for b in street.branches if b.community is community)
    chair = leaders[0].member.name if leaders else ""
    for month in months:
        kinds = [Kind.JOINT_MEETING] if month.number % 3 == 2 and random.random() < 0.85 else []
        kinds += [Kind.COBUILDING] if random.random() < 0.3 else []
        kinds += [Kind.VOLUNTEERING] if random.random() < 0.4 else []
        for kind in kinds:
            yield Held(kind, community, _day(random, month), chair, stated=random.randint(9, 32))
        if month.number % 3 == 1 and random.random() < 0.7:
            yield Held(Kind.MEETING_AS_TRAINING, community, _day(random, month), chair, leaders)


def _of_street(random: Random, street: Street, months: list[Period]) -> Iterator[Held]:
    """Yield what the street itself did: a work meeting each month, observation each quarter, training, study."""
    organization, leaders = street.organization, _leaders(street.branches)
    chair = leaders[0].member.name if leaders else ""
    for month in months:
        if random.random() < 0.92:
            yield Held(Kind.WORK_MEETING, organization, _day(random, month), chair, stated=len(street.communities) + 6)
        if month.number % 3 == 0:
            yield Held(Kind.OBSERVATION, organization, _day(random, month), chair, stated=len(street.communities) + 9)
        yield Held(Kind.THEORY_GROUP, organization, _day(random, month), chair, stated=random.randint(8, 12))
        if month.number in (5, 8, 11):
            yield Held(Kind.TRAINING, organization, _day(random, month), chair, leaders)
        if month.number == 12:
            yield Held(Kind.WORK_REVIEW, organization, _day(random, month), chair, stated=len(street.communities) + 12)
        if random.random() < 0.4:
            yield Held(Kind.VISIT, organization, _day(random, month), chair, stated=random.randint(2, 5))


def _leaders(branches: Iterable[Branch]) -> list[Stay]:
    """Return the stays of those who hold a seat in the committees of these branches."""
    found = []
    for branch in branches:
        leading = {seat.member_id for seat in branch.seats}
        found += [stay for stay in branch.stays if stay.end is None and stay.member.pk in leading]
    return found


def _day(random: Random, month: Period) -> date:
    """Return a day of the month, seldom at its very end."""
    return month.start + timedelta(days=min(random.randint(2, 27), (month.end - month.start).days))


def _came(random: Random, stay: Stay) -> tuple[str, str]:
    """Return how a member stands on the roll, with the reason for a leave."""
    draw = random.random()
    if draw < stay.diligence:
        return (State.LATE if draw < 0.03 else State.PRESENT), ""
    return (State.LEAVE, random.choice(LEAVE_REASONS)) if random.random() < 0.7 else (State.ABSENT, "")


def _activity(random: Random, plan: Plan, held: Held, number: str, roll: list[tuple[int, str, str]]) -> Activity:
    """Return the activity with its minutes, in the state that its age and its branch's care make likely."""
    expected = len(roll) or held.stated
    present = sum(state in (State.PRESENT, State.LATE) for _, state, _ in roll) if roll else expected
    activity = Activity(
        number=number,
        organization=held.organization,
        kind=held.kind,
        date=held.day,
        start_time=random.choice(START_TIMES),
        topic=random.choice(TOPICS[held.kind]),
        place=random.choice(PLACES),
        chair=held.chair,
        recorder=random.choice(held.called).member.name if held.called else "",
        lecturer=held.chair if held.kind in (Kind.LECTURE, Kind.TRAINING, Kind.MEETING_AS_TRAINING) else "",
        hours=HOURS.get(held.kind),
        expected_stated=expected,
        present_stated=present,
        content=minutes(random, chair=held.chair or "书记", expected=expected, present=present),
        resolution=random.choice(RESOLUTIONS) if held.kind in (Kind.GENERAL, Kind.COMMITTEE) else "",
    )
    if random.random() < 0.03:  # minutes with something left out (R19)
        activity.place = activity.chair = ""
    _progress(random, plan, activity)
    return activity


def _progress(random: Random, plan: Plan, activity: Activity) -> None:
    """Set how far the minutes have got by the plan's last day: drafts lately, otherwise handed in and confirmed."""
    late = random.random() < 0.06
    handed_in = activity.date + timedelta(days=random.randint(9, 25) if late else random.randint(0, 6))
    confirmed = handed_in + timedelta(days=random.randint(1, 12))
    draw = random.random()
    if handed_in > plan.until or draw < 0.008:
        activity.status = Status.DRAFT
        return
    activity.submitted_at = datetime.combine(handed_in, time(17, 20), SHANGHAI)
    if draw > 0.985:
        activity.status, activity.return_reason = Status.RETURNED, random.choice(RETURN_REASONS)
    elif confirmed > plan.until:
        activity.status = Status.SUBMITTED
    else:
        activity.status, activity.confirmed_at = Status.CONFIRMED, datetime.combine(confirmed, time(10), SHANGHAI)
