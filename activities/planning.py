"""Planning a year: what the rules ask for, put on days that suit; saving a plan; finding what became of it.

What is asked for: 《中国共产党支部工作条例（试行）》, as R01-R07 check it.
"""

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count
from django.utils import timezone

from accounts import audit
from accounts.acting import current_actor
from accounts.transactions import atomic
from branches.models import Organization
from ledgers.facts import mark_stale
from ledgers.models import Touch
from ledgers.period import Period, PeriodKind
from ledgers.workdays import add_workdays, is_workday
from members.models import Membership

from .models import Activity, PlannedActivity

Kind = Activity.Kind
HABIT_FROM = 3
"""Activities of a kind in a year from which on their days show a habit."""
COMMITTEE_FROM = 7
"""Full members from which on a branch has a committee that meets each month (R02)."""


@dataclass(frozen=True)
class Requirement:
    """A kind of activity that must be held once in each period of a length.

    Where no habit shows, it is put on the `nth` working day of the `month`-th month (from 0) of that period.
    """

    kind: Activity.Kind
    every: PeriodKind
    nth: int
    month: int = 0


OF_BRANCH = (
    Requirement(Kind.GENERAL, Period.QUARTER, 5, 1),
    Requirement(Kind.COMMITTEE, Period.MONTH, 3),
    Requirement(Kind.LECTURE, Period.QUARTER, 5, 2),
    Requirement(Kind.THEME_DAY, Period.MONTH, 5),
    Requirement(Kind.LIFE, Period.YEAR, 10, 0),
    Requirement(Kind.REVIEW, Period.YEAR, 10, 0),
)
OF_GROUP = (Requirement(Kind.GROUP, Period.MONTH, 8),)


@dataclass(frozen=True)
class Habit:
    """When an organisation usually holds a kind: on a day of the month, or on the n-th such weekday of the month."""

    day: int = 0
    week: int = 0
    weekday: int = 0

    @classmethod
    def of(cls, days: Sequence[date]) -> "Habit | None":
        """Return what at least half of these days have in common; None for too few, or where nothing is."""
        if len(days) < HABIT_FROM:
            return None
        (day, times), *_ = Counter(one.day for one in days).most_common(1)
        if times * 2 >= len(days):
            return cls(day=day)
        ((week, weekday), times), *_ = Counter(((one.day - 1) // 7 + 1, one.weekday()) for one in days).most_common(1)
        return cls(week=week, weekday=weekday) if times * 2 >= len(days) else None

    def within(self, year: int, month: int) -> date:
        """Return the usual day of a month, its last where the month is too short."""
        last = monthrange(year, month)[1]
        if self.day:
            return date(year, month, min(self.day, last))
        first = date(year, month, 1)
        day = 1 + (self.weekday - first.weekday()) % 7 + (self.week - 1) * 7
        return date(year, month, day if day <= last else day - 7)


def suitable(requirement: Requirement, habit: Habit | None, year: int, month: int) -> date:
    """Return the working day of a month for an activity: the usual one or the next after it, never a holiday."""
    if habit is None:
        return add_workdays(date(year, month, 1) - timedelta(days=1), requirement.nth)
    day = habit.within(year, month)
    if is_workday(day):
        return day
    following = add_workdays(day, 1)
    return following if following.month == month else add_workdays(day, -1)


def days_for(
    requirement: Requirement, before: Sequence[date], taken: Collection[Period], year: int, today: date
) -> Iterator[date]:
    """Yield a day for each period of the year that is not over and has none yet.

    `before` are the days of last year; `taken` the periods in which one is planned or was held.
    """
    habit = Habit.of(before)
    length = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}[requirement.every]
    place = requirement.month
    if before and length > 1:
        place = Counter((day.month - 1) % length for day in before).most_common(1)[0][0]
    for part in Period.parse(str(year)).split(requirement.every):
        if part in taken or part.end < today:
            continue
        months = part.months()
        for month in months[place:]:
            day = suitable(requirement, habit, month.start.year, month.start.month)
            if day >= today:
                yield day
                break
        else:
            day = add_workdays(today, 1)
            if day <= part.end:
                yield day


Place = tuple[int, str]
"""Organisation id and kind."""


def requirements(organizations: Sequence[Organization], today: date) -> dict[int, list[Requirement]]:
    """Return organisation id → what must be planned for it. One query."""
    full = (
        Membership.objects.in_force_on(today)
        .full_on(today)
        .filter(branch__in=[o.pk for o in organizations if o.is_branch])
        .order_by()
        .values_list("branch")
        .annotate(Count("pk"))
    )
    members = dict(full)
    found = {}
    for one in organizations:
        if one.is_branch:
            has_committee = members.get(one.pk, 0) >= COMMITTEE_FROM
            found[one.pk] = [r for r in OF_BRANCH if has_committee or r.kind != Kind.COMMITTEE]
        elif one.kind == Organization.Kind.GROUP:
            found[one.pk] = list(OF_GROUP)
    return found


def propose(organizations: Sequence[Organization], year: int, today: date) -> dict[Place, list[date]]:
    """Return for each organisation and kind the days to plan in a year beside what is planned or held."""
    asked = requirements(organizations, today)
    ids = list(asked)
    before: dict[Place, list[date]] = defaultdict(list)
    there: dict[Place, list[date]] = defaultdict(list)
    held = Activity.objects.filter(organization__in=ids, date__range=(date(year - 1, 1, 1), date(year, 12, 31)))
    for organization, kind, day in held.order_by("date").values_list("organization_id", "kind", "date"):
        (before if day.year < year else there)[organization, kind].append(day)
    planned = PlannedActivity.objects.filter(organization__in=ids, date__year=year)
    for organization, kind, day in planned.order_by().values_list("organization_id", "kind", "date"):
        there[organization, kind].append(day)
    found: dict[Place, list[date]] = {}
    for organization, needed in asked.items():
        for one in needed:
            place = organization, one.kind.value
            taken = {Period.containing(day, one.every) for day in there[place]}
            if days := list(days_for(one, before[place], taken, year, today)):
                found[place] = days
    return found


# saving


@atomic
def rewrite_plan(plans: Iterable[PlannedActivity], wanted: Mapping[Place, Sequence[date]]) -> Counter[str]:
    """Make the open plans of each place those of the wanted days; return how many were made, moved and dropped.

    `plans` are all of the year in these places, locked; what is held already stays. A day that goes and one that comes
    in the same month are one plan that is moved: it keeps its topic.
    """
    gone: dict[tuple[int, str, int], list[PlannedActivity]] = defaultdict(list)
    kept: set[tuple[int, str, date]] = set()
    for plan in plans:
        place = plan.organization_id, plan.kind
        if plan.activity_id or place not in wanted or plan.date in wanted[place]:
            kept.add((*place, plan.date))
        else:
            gone[*place, plan.date.month].append(plan)
    paths = dict(Organization.objects.filter(pk__in={place for place, _ in wanted}).values_list("pk", "path"))
    made: list[PlannedActivity] = []
    moved: list[PlannedActivity] = []
    events: list[audit.Event] = []
    touches: list[Touch] = []

    def note(action: str, plan: PlannedActivity, changes: Mapping[str, tuple[object, object]] | None = None) -> None:
        touches.extend(plan.touches())
        path = paths[plan.organization_id]
        events.append(audit.Event(action=action, obj=plan, changes=changes or {}, organization_path=path))

    actor, now = current_actor(), timezone.now()
    for (organization, kind), days in wanted.items():
        for day in sorted(set(days)):
            if (organization, kind, day) in kept:
                continue
            if old := gone[organization, kind, day.month]:
                plan = old.pop(0)
                note("change", plan, {"date": (plan.date, day)})
                plan.date, plan.version, plan.updated_by, plan.updated_at = day, plan.version + 1, actor, now
                moved.append(plan)
            else:
                made.append(PlannedActivity(organization_id=organization, kind=kind, date=day, updated_by=actor))
    dropped = [plan for plans_left in gone.values() for plan in plans_left]
    for plan in dropped:
        note("delete", plan)
    PlannedActivity.objects.filter(pk__in=[plan.pk for plan in dropped]).delete()
    PlannedActivity.objects.bulk_update(moved, ["date", "version", "updated_by", "updated_at"], batch_size=500)
    PlannedActivity.objects.bulk_create(made, batch_size=1000)
    for plan in made:
        note("create", plan)
    audit.record_many(events)
    mark_stale(touches)  # a plan moves within its month
    return Counter(made=len(made), moved=len(moved), dropped=len(dropped))


# what became of it


@atomic
def adopt(organizations: Collection[int], first: date, last: date) -> int:
    """Tie open plans to activities on record of the same organisation, kind and month; return how many.

    Nobody has to say that an activity was planned, and a plan so tied has not been edited. Three queries at most.
    """
    first, last = first.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1])
    plans = PlannedActivity.objects.open().between(first, last).filter(organization__in=organizations)
    waiting: dict[tuple[int, str, int, int], list[PlannedActivity]] = defaultdict(list)
    for plan in plans.select_for_update(no_key=True).order_by("date"):
        waiting[plan.organization_id, plan.kind, plan.date.year, plan.date.month].append(plan)
    if not waiting:
        return 0
    held = Activity.objects.filter(organization__in={key[0] for key in waiting}, date__range=(first, last), plan=None)
    tied = []
    for pk, organization, kind, day in held.order_by("date", "pk").values_list("pk", "organization_id", "kind", "date"):
        if left := waiting.get((organization, kind, day.year, day.month)):
            plan = left.pop(0)
            plan.activity_id = pk
            tied.append(plan)
    PlannedActivity.objects.bulk_update(tied, ["activity"], batch_size=500)
    mark_stale(touch for plan in tied for touch in plan.touches())
    return len(tied)


def settle(activity: Activity, plan: int | None = None) -> None:
    """Tie a recorded activity to the plan that it was opened from, or else to one of its month."""
    tied = PlannedActivity.objects.filter(activity=activity).first()
    if tied and (tied.organization_id, tied.kind) != (activity.organization_id, activity.kind):
        _tie(tied, None)
        tied = None
    if tied is None and plan:
        tied = (
            PlannedActivity.objects.open()
            .filter(pk=plan, organization=activity.organization_id, kind=activity.kind)
            .first()
        )
        if tied:
            _tie(tied, activity)
    if tied is None:
        adopt([activity.organization_id], activity.date, activity.date)


def release(activity: Activity) -> None:
    """Let the plan of an activity that is about to be deleted be open again."""
    if tied := PlannedActivity.objects.filter(activity=activity).first():
        _tie(tied, None)


def _tie(plan: PlannedActivity, activity: Activity | None) -> None:
    plan.activity = activity
    plan.record()
