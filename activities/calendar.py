"""The calendar: what is planned and what was held, by day, and how far its minutes have got."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.urls import reverse
from icalendar import Calendar, Event

from accounts.models import User
from branches.models import Organization
from ledgers.period import Period
from ledgers.workdays import is_workday, known_until

from .models import Activity, PlannedActivity

Status = Activity.Status
SHANGHAI = ZoneInfo("Asia/Shanghai")
SHOWN = 4
"""Entries in one day of the month; of more the day's own page shows all."""
FEED_BACK, FEED_AHEAD, FEED_MOST = timedelta(days=90), timedelta(days=400), 5000


@dataclass(frozen=True)
class Entry:
    """One line of a day: what, whose, the colour and the word of its state; several alike where `count` says so."""

    day: date
    what: str
    whose: str
    tone: str
    word: str
    url: str
    count: int = 1
    start: time | None = None
    inside: str = ""  # whose, without the name of the place whose calendar it is


@dataclass
class Day:
    """One day of the month's table."""

    day: date
    in_month: bool
    is_today: bool
    url: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def shown(self) -> list[Entry]:
        """What stands in the table."""
        return self.entries[:SHOWN]

    @property
    def more(self) -> int:
        """How many it leaves out."""
        return len(self.entries) - len(self.shown)

    @property
    def rest(self) -> str:
        """休 for a weekday off, 班 for a weekend day worked; nothing for other days, and where nothing is announced."""
        if self.day > known_until() or is_workday(self.day) == (self.day.weekday() < 5):
            return ""
        return "班" if self.day.weekday() >= 5 else "休"


def state_of(status: str, day: date, today: date) -> tuple[str, str]:
    """Return the colour and the word of an activity on record."""
    return {
        Status.CONFIRMED.value: ("ok", "已确认"),
        Status.SUBMITTED.value: ("none", "待确认"),
        Status.RETURNED.value: ("bad", "已退回"),
        Status.DRAFT.value: ("warn", "待交记录") if day <= today else ("none", "草稿"),
    }[status]


def state_of_plan(day: date, today: date) -> tuple[str, str]:
    """Return the colour and the word of what is planned and not on record."""
    return ("bad", "未登记") if day < today else ("none", "计划")


def entries(organization: Organization, user: User, first: date, last: date, today: date) -> list[Entry]:
    """Return what the user sees of an organisation and what lies below it, in the order of days. Two queries."""
    held = Activity.objects.visible_to(user).under(organization).filter(date__range=(first, last))
    plans = PlannedActivity.objects.visible_to(user).under(organization).open().between(first, last)
    found = [
        Entry(
            plan.date,
            plan.get_kind_display(),
            plan.organization.label,
            *state_of_plan(plan.date, today),
            plan.get_absolute_url(),
            inside=plan.organization.name_inside(organization),
        )
        for plan in plans.select_related("organization")
    ]
    found += [
        Entry(
            one.date,
            one.get_kind_display(),
            one.organization.label,
            *state_of(one.status, one.date, today),
            one.get_absolute_url(),
            start=one.start_time,
            inside=one.organization.name_inside(organization),
        )
        for one in held.select_related("organization").defer("content", "resolution")
    ]
    return sorted(found, key=lambda one: (one.day, one.start or time.max, one.what, one.whose))


def sums(organization: Organization, user: User, first: date, last: date, today: date) -> list[Entry]:
    """Return the same for a large place: how many of a kind and a state there are each day. Two queries."""
    held = Activity.objects.visible_to(user).under(organization).filter(date__range=(first, last)).order_by()
    plans = PlannedActivity.objects.visible_to(user).under(organization).open().between(first, last).order_by()
    counted: Counter[tuple[date, str, str, str]] = Counter()
    for day, kind, status, count in held.values_list("date", "kind", "status").annotate(Count("pk")):
        counted[day, kind, *state_of(status, day, today)] += count
    for day, kind, count in plans.values_list("date", "kind").annotate(Count("pk")):
        counted[day, kind, *state_of_plan(day, today)] += count
    found = [
        Entry(day, Activity.Kind(kind).label, "", tone, word, day_url(organization, day), count)
        for (day, kind, tone, word), count in counted.items()
    ]
    return sorted(found, key=lambda one: (one.day, -one.count, one.what, one.word))


def day_url(organization: Organization, day: date) -> str:
    """Return the address of everything on one day."""
    return f"{reverse('activities:calendar')}?organization={organization.code}&day={day}"


def weeks(organization: Organization, month: Period, found: Iterable[Entry], today: date) -> Iterator[list[Day]]:
    """Yield the weeks of a month, Monday first, with the days of its neighbours that fill them."""
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in found:
        by_day[entry.day].append(entry)
    day = month.start - timedelta(days=month.start.weekday())
    while day <= month.end:
        week = []
        for _ in range(7):
            week.append(Day(day, day in month, day == today, day_url(organization, day), by_day[day]))
            day += timedelta(days=1)
        yield week


def feed(organization: Organization, user: User, today: date, base: str) -> bytes:
    """Return the calendar as iCalendar: kind, organisation and state. No topics, places or names: it leaves the portal.

    `base` is the portal's address, which each entry leads back to.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Organisational life//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{organization.label}组织生活")
    calendar.add("x-published-ttl", "PT6H")
    stamp = datetime.combine(today, time(), SHANGHAI).astimezone(ZoneInfo("UTC"))
    for entry in entries(organization, user, today - FEED_BACK, today + FEED_AHEAD, today)[:FEED_MOST]:
        event = Event()
        event.add("uid", f"{entry.url.strip('/').replace('/', '-')}@organisational-life")
        event.add("dtstamp", stamp)
        if entry.start:
            event.add("dtstart", datetime.combine(entry.day, entry.start, SHANGHAI).astimezone(ZoneInfo("UTC")))
        else:
            event.add("dtstart", entry.day)
        event.add("summary", f"{entry.what}（{entry.whose}）{entry.word}")
        event.add("url", f"{base}{entry.url}")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
