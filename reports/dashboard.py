"""The leadership's dashboard: one organisation in one period, understood in two minutes.

Every number is a fact or a rate of two facts read from the sheets, and leads to its rows; nothing is counted here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right
from activities.facts import MEETINGS
from assessments.beginning import is_before_records, records_since, words_on
from assessments.findings import check_if_never_checked, refresh_if_changed
from assessments.models import Severity
from branches.models import Organization
from ledgers import facts
from ledgers import ledger as ledgers
from ledgers.facts import Fact, Number
from ledgers.ledger import Query
from ledgers.period import Period
from ledgers.scope import may

from . import charts
from .facts import AGES, EDUCATIONS, EMPLOYMENTS, GENDERS
from .investigation.wording import Times, place
from .navigation import CHOOSE
from .obligations import DUTIES, Book, Duty, Obligation, Share, group_by, share

BRANCH_ROWS = 60
"""Branches a matrix shows one by one; from more on it shows the parts of the organisation that they lie in."""
RANKED = 10
"""Places shown at each end of a ranking."""
TREND_MONTHS = 12
KINDS = tuple(f"meetings.{name}" for name in ("general", "committee", "group", "lecture", "theme_day", "life"))
OWED = {"kind": ",".join(duty.kind for duty in DUTIES), "status": "counted"}


@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show the dashboard of the chosen organisation and period; `kind` says which meetings the matrix is about."""
    organization: Organization | None = request.chosen_organization or None  # type: ignore[attr-defined]
    asked = request.GET.get("organization")
    if asked and (organization is None or organization.code != asked):
        raise Http404("an organisation out of sight")
    if organization is None:
        return render(request, "reports/dashboard_empty.html")
    if not may(request.user, Right.DASHBOARD_VIEW, organization):  # type: ignore[arg-type]
        raise Http404("no dashboard of this organisation")
    period: Period = request.chosen_period  # type: ignore[attr-defined]
    duty = next((duty for duty in DUTIES if duty.kind == request.GET.get("kind")), DUTIES[0])
    refresh_if_changed(organization, period)
    board = Dashboard(organization, period, duty, timezone.localdate())
    if board.has_past and check_if_never_checked(organization, board.previous):
        board = Dashboard(organization, period, duty, timezone.localdate())
    return render(request, "reports/dashboard.html", {"board": board, "trail": trail(request.user, board)})


def address(organization: Organization, period: Period, **more: str) -> str:
    """Return the address of a dashboard."""
    params = {"organization": organization.code, "period": period.code, **more}
    return f"{reverse('reports:dashboard')}?{urlencode(params)}"


def findings_url(organization: Organization, period: Period, **filters: str) -> str:
    """Return the address of the findings of an organisation in a period."""
    params = {"organization": organization.code, "period": period.code, **filters}
    return f"{reverse('assessments:findings')}?{urlencode(params)}"


def trail(user: Any, board: "Dashboard") -> list[tuple[str, str]]:
    """Return (name, address) of the organisations above that the user may see, the highest first, and its own."""
    here, step = board.organization, Organization.steplen
    above = [here.path[:end] for end in range(step, len(here.path), step)]
    seen = Organization.objects.visible_to(user).filter(path__in=above)
    links = [(said(o), address(o, board.period, kind=board.duty.kind)) for o in seen]
    return [*links, (said(here), "")]


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix. `state` is the colour, `text` the word or number, `label` both in full."""

    state: str
    text: str
    label: str
    url: str = ""


@dataclass(frozen=True)
class Row:
    """One branch, or one part of the organisation, over the months."""

    name: str
    url: str
    cells: Sequence[Cell]
    missed: int


@dataclass(frozen=True)
class Rate:
    """One percentage of a ranking (None where there is nothing to divide by): what it rests on, and the rows."""

    percent: Decimal | None
    words: str
    url: str


@dataclass(frozen=True)
class Place:
    """One part of the organisation in the ranking."""

    rank: int | None
    name: str
    url: str
    share: Rate
    attendance: Rate


@dataclass(frozen=True)
class Bar:
    """One bar of the members' structure."""

    label: str
    number: Number
    percent: Number | float
    url: str


class Dashboard:
    """What the page shows, read once."""

    def __init__(self, organization: Organization, period: Period, duty: Duty, today: date) -> None:
        self.organization = organization
        self.period = period
        self.previous = period.previous()
        self.duty = duty
        self.today = today
        self.times = Times(period)
        self.spans = spans(period, duty)
        first = min(self.previous.start, self.spans[0].start)
        last = max(period.end, self.spans[-1].end)
        self.book = Book(organization, months_between(first, last), today)

    @property
    def is_running(self) -> bool:
        """Whether the period is not over yet."""
        return self.today in self.period

    @cached_property
    def since(self) -> date | None:
        """The first day from which the street's records reach."""
        return records_since(self.organization)

    @property
    def as_of(self) -> date:
        """The day of which the states are."""
        return self.period.as_of(self.today)

    @property
    def compares(self) -> bool:
        """Whether rates of the period may be held against the one before: both are over, and both on record."""
        return self.has_past and self.period.is_over(self.today)

    @property
    def note(self) -> str:
        """What a reader must know of the period: that it has not begun or lies before the records."""
        if not self.period.has_begun(self.today):
            return f"{self.period.label}还没有开始，没有数据可以统计。"
        if self.since and is_before_records(self.period, self.since):
            return f"{words_on(self.since)}，{self.period.label}没有记录。"
        if self.is_running and self.has_past:
            return f"{self.times.this}还没有结束，落实率和到会率不与{self.times.last}比较。"
        return f"{words_on(self.since)}，不与{self.times.last}比较。" if self.since and not self.has_past else ""

    @property
    def earlier_url(self) -> str:
        """Address of the period before; to go there is to choose it."""
        return address(self.organization, self.previous, kind=self.duty.kind, **{CHOOSE: "1"})

    @property
    def later_url(self) -> str:
        """Address of the period after; empty where that has not begun."""
        later = self.period.following()
        chosen = address(self.organization, later, kind=self.duty.kind, **{CHOOSE: "1"})
        return chosen if later.start <= self.today else ""

    @property
    def name(self) -> str:
        """What the organisation is called in the heading."""
        return said(self.organization)

    # numbers

    @cached_property
    def _parts(self) -> list[Organization]:
        """The parts of the organisation directly below it that hold branches, in the order of the tree."""
        wanted = {self.book.parts_of[branch.pk] for branch in self.book.branches} - {self.organization.pk}
        return [o for o in self.book.by_id.values() if o.pk in wanted]

    @cached_property
    def _ranked(self) -> list[Organization]:
        """What is compared: above the communities the parts, within one its branches."""
        kinds = (Organization.Kind.DISTRICT_COMMITTEE, Organization.Kind.WORKING_COMMITTEE)
        return self._parts if self.organization.kind in kinds or self.in_parts else self.book.branches

    @cached_property
    def _numbers(self) -> Mapping[Period, Mapping[int, Mapping[str, Number]]]:
        ids = [self.organization.pk, *(part.pk for part in self._ranked)]
        return facts.of_each_period(ids, [self.previous, self.period])

    def number(self, code: str) -> Number:
        """Return a fact of the organisation in this period."""
        return self._numbers[self.period][self.organization.pk].get(code, 0)

    def before(self, code: str) -> Number:
        """Return a fact of the organisation in the period before."""
        return self._numbers[self.previous][self.organization.pk].get(code, 0)

    def url(self, code: str) -> str:
        """Return the address of the rows behind a fact."""
        return facts.get(code).url(self.organization, self.period)

    @cached_property
    def figures(self) -> dict[str, dict[str, Any]]:
        """Fact code without dots → number and address, for the template."""
        codes = (
            "members.total",
            "members.in_service",
            "members.retired",
            "members.floating",
            "attendance.present",
            "attendance.expected",
            "findings.open",
            "orgs.branches",
        )
        return {code.replace(".", "_"): {"value": self.number(code), "url": self.url(code)} for code in codes}

    @cached_property
    def has_past(self) -> bool:
        """Whether anything was recorded in the period before: without it, comparing would invent a change."""
        return (self.since is None or self.previous.start >= self.since) and any(self.before(code) for code in KINDS)

    @property
    def members_change(self) -> Number | None:
        """How many more members than at the end of the period before."""
        reaches = self.since is None or self.previous.end >= self.since
        before = self.before("members.total")
        return self.number("members.total") - before if before and reaches else None

    @property
    def findings_change(self) -> Number | None:
        """How many more open findings than at the end of the period before."""
        return self.number("findings.open") - self.before("findings.open") if self.has_past else None

    @cached_property
    def attendance(self) -> Decimal | None:
        """The attendance rate in percent."""
        return percent_of(self._numbers[self.period][self.organization.pk])

    @property
    def attendance_change(self) -> Decimal | None:
        """Points by which the attendance rate rose."""
        before = percent_of(self._numbers[self.previous][self.organization.pk]) if self.compares else None
        return difference(self.attendance, before)

    @cached_property
    def share(self) -> Share:
        """The 三会一课落实率; see `obligations.share`."""
        return share(self.book.of(self.period))

    @property
    def share_change(self) -> Decimal | None:
        """Points by which the 落实率 rose."""
        before = share(self.book.of(self.previous)) if self.compares else Share(0, 0)
        return difference(self.share.percent, before.percent)

    @property
    def owed_url(self) -> str:
        """Address of the meetings that the 落实率 is about."""
        return ledgers.get("activities").url(Query(self.organization, self.period, filters=OWED))

    @cached_property
    def severities(self) -> list[dict[str, Any]]:
        """How serious the open findings are: word, number, address of the rows."""
        fact = facts.get("findings.open")
        query = fact.query(self.organization, self.period)
        counted = dict(fact.register.rows(query).order_by().values_list("severity").annotate(n=Count("pk")))
        return [
            {
                "label": label,
                "value": counted.get(value, 0),
                "url": fact.register.url(
                    Query(self.organization, on=query.on, filters={**query.filters, "severity": value})
                ),
            }
            for value, label in Severity.choices
        ]

    # what to look at

    @cached_property
    def duties(self) -> list[dict[str, Any]]:
        """Each kind of meeting with its share in the period, for the switch above the matrix."""
        of_kind = {duty: [o for o in self.book.of(self.period) if o.duty == duty] for duty in DUTIES}
        return [
            {
                "duty": duty,
                "share": share(of_kind[duty]),
                "url": address(self.organization, self.period, kind=duty.kind) + "#matrix",
                "missed_url": findings_url(self.organization, self.period, rule=duty.rule, by="list"),
                "on": duty == self.duty,
            }
            for duty in DUTIES
        ]

    @cached_property
    def worst_duty(self) -> dict[str, Any] | None:
        """The kind of meeting with the most missed obligations."""
        worst = max(self.duties, key=lambda d: d["share"].missed)
        return worst if worst["share"].missed else None

    @property
    def worst_place(self) -> Place | None:
        """What has the lowest 落实率, where they differ."""
        placed = [place for place in self.places if place.share.percent is not None]
        return placed[-1] if placed and placed[-1].rank != 1 else None

    # matrix

    @cached_property
    def columns(self) -> list[Period]:
        """The months, or quarters, of the matrix."""
        wanted = columns_wanted(self.period, self.duty)
        return [part for span in self.spans for part in span.split(self.duty.every)][-wanted:]

    @property
    def in_parts(self) -> bool:
        """Whether the rows are parts of the organisation rather than branches."""
        return len(self.book.branches) > BRANCH_ROWS and any(not part.is_branch for part in self._parts)

    @cached_property
    def rows(self) -> list[Row]:
        """The matrix: those with the most missing first, else in the order of the tree."""
        owed = [o for span in self.spans for o in self.book.of_duty(self.duty, span) if o.part in self.columns]
        if self.in_parts:
            groups = group_by(owed, self.book.parts_of)
            rows = [self._part_row(part, groups.get(part.pk, [])) for part in self._parts]
        else:
            found = {(o.branch.pk, o.part): o for o in owed}
            rows = [self._branch_row(branch, found) for branch in self.book.branches]
        return sorted(rows, key=lambda row: -row.missed)

    def _branch_row(self, branch: Organization, found: Mapping[tuple[int, Period], Obligation]) -> Row:
        owed = [found.get((branch.pk, part)) for part in self.columns]
        cells = [
            branch_cell(one, self.today)
            if one
            else Cell("none", "–", f"{branch.label} {part.label}：不要求{self.duty.title}")
            for one, part in zip(owed, self.columns, strict=True)
        ]
        return Row(
            self.within(branch), branch.get_absolute_url(), cells, sum(one.is_missed for one in owed if one is not None)
        )

    def _part_row(self, part: Organization, owed: Iterable[Obligation]) -> Row:
        by_column: dict[Period, list[Obligation]] = {column: [] for column in self.columns}
        for one in owed:
            by_column[one.part].append(one)
        cells = [part_cell(part, column, self.duty, group) for column, group in by_column.items()]
        missed = sum(one.is_missed for group in by_column.values() for one in group)
        return Row(self.within(part), address(part, self.period, kind=self.duty.kind) + "#matrix", cells, missed)

    # ranking

    @cached_property
    def places(self) -> list[Place]:
        """All that is compared, by 落实率 and then attendance; who is alike in both shares a place."""
        key = {branch.pk: branch.pk for branch in self.book.branches}
        if self._ranked is self._parts:
            key = self.book.parts_of
        groups = group_by(self.book.of(self.period), key)
        rated = [(o, self._share_of(o, groups.get(o.pk, [])), self._attendance_of(o)) for o in self._ranked]
        rated.sort(key=lambda place: [-1 if rate.percent is None else rate.percent for rate in place[1:]], reverse=True)
        shown = [(share.percent, attendance.percent) for _, share, attendance in rated]
        return [
            Place(
                rank=None if share.percent is None else shown.index((share.percent, attendance.percent)) + 1,
                name=self.within(o),
                url=address(o, self.period, kind=self.duty.kind),
                share=share,
                attendance=attendance,
            )
            for o, share, attendance in rated
        ]

    def _share_of(self, organization: Organization, owed: Iterable[Obligation]) -> Rate:
        met, due = one = share(owed)
        url = ledgers.get("activities").url(Query(organization, self.period, filters=OWED))
        return Rate(one.percent, f"已落实 {met} 项，应落实 {due} 项", url)

    def _attendance_of(self, organization: Organization) -> Rate:
        numbers = self._numbers[self.period][organization.pk]
        words = f"到会 {numbers['attendance.present']} 人次，应到 {numbers['attendance.expected']} 人次"
        return Rate(percent_of(numbers), words, facts.get("attendance.present").url(organization, self.period))

    @property
    def ranking(self) -> dict[str, Any]:
        """The places to show: all, or both ends of a long list with how many lie between."""
        if len(self.places) <= 2 * RANKED:
            return {"first": self.places, "last": [], "between": 0}
        between = len(self.places) - 2 * RANKED
        return {"first": self.places[:RANKED], "last": self.places[-RANKED:], "between": between}

    @property
    def ranked_are(self) -> str:
        """What those in the ranking are called."""
        kinds = {o.kind for o in self._ranked}
        if kinds == {Organization.Kind.COMMUNITY_COMMITTEE}:
            return "社区"
        if kinds == {Organization.Kind.WORKING_COMMITTEE}:
            return "街道"
        return "党支部" if all(o.is_branch for o in self._ranked) else "下级党组织"

    def within(self, organization: Organization) -> str:
        """Return an organisation's name as it is said inside this one: 第一党支部 for 东风社区第一党支部."""
        return name_within(organization, self.organization)

    # trend and structure

    @cached_property
    def trend(self) -> charts.Trend:
        """The last twelve months to the period's end, or to this month."""
        last = Period.containing(min(self.period.end, max(self.today, self.period.start)))
        months = list(last.last(TREND_MONTHS))
        numbers = facts.of_each_period([self.organization.pk], months)
        log, present = ledgers.get("activities"), facts.get("attendance.present")
        return charts.trend(
            [
                charts.Value(
                    label=f"{month.number}月",
                    name=month.label,
                    count=sum(numbers[month][self.organization.pk][code] for code in KINDS),
                    count_url=log.url(Query(self.organization, month, filters=MEETINGS)),
                    percent=percent_of(numbers[month][self.organization.pk]),
                    percent_url=present.url(self.organization, month),
                )
                for month in months
            ]
        )

    @cached_property
    def structure(self) -> list[tuple[str, list[Bar]]]:
        """The members by age, education, gender and employment; what nobody is, is left out."""
        get = facts.get
        groups: list[tuple[str, Sequence[Fact]]] = [
            ("年龄", [get("members.under_35"), AGES[0], get("members.over_60"), AGES[1]]),
            ("就业状态", [get("members.in_service"), get("members.retired"), *EMPLOYMENTS]),
            ("学历", EDUCATIONS),
            ("性别", [*GENDERS, get("members.female")]),
        ]
        return [(title, bars) for title, members in groups if (bars := self._bars(members))]

    def _bars(self, members: Sequence[Fact]) -> list[Bar]:
        total = self.number("members.total")
        found = [(fact, self.number(fact.code)) for fact in members]
        return [
            Bar(
                fact.title.removesuffix("党员").removesuffix("学历").removesuffix("的"),
                number,
                100 * number / total,
                fact.url(self.organization, self.period),
            )
            for fact, number in found
            if number and total
        ]


def columns_wanted(period: Period, duty: Duty) -> int:
    """Return how many columns the matrix has: six months or four quarters, twelve months for a year."""
    if duty.every == Period.QUARTER:
        return 4
    return 12 if period.kind == Period.YEAR else 6


def spans(period: Period, duty: Duty) -> list[Period]:
    """Return the periods whose obligations the matrix shows, the chosen one last.

    They are as long as the chosen period, so that whom a rule applies to is judged as in the rate above; but at least
    as long as the rule's own.
    """
    base = period if period.kind >= duty.every else Period.containing(period.start, duty.every)
    return list(base.last(ceil(columns_wanted(period, duty) * duty.every / base.kind)))


def months_between(first: date, last: date) -> list[Period]:
    """Return the months from that of one day to that of another, without gaps."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return list(Period.containing(last).last(count))


def branch_cell(one: Obligation, today: date) -> Cell:
    """Return the cell of one branch in one month or quarter."""
    number = str(one.held) if one.required == 1 else f"{one.held}/{one.required}"
    if one.is_met:
        state, text, word = "ok", number, f"已开 {one.held} 次"
    elif one.is_due:
        state, text, word = (
            "bad",
            number if one.held else "缺",
            f"应开 {one.required} 次，缺 {one.required - one.held} 次",
        )
    elif one.part.start <= today:
        state, text, word = "warn", number if one.held else "待开", f"还没到期，已开 {one.held} 次"
    else:
        state, text, word = "none", "未到", "还没到这个时期"
    return Cell(state, text, f"{one.branch.label} {one.part.label}{one.duty.title}：{word}", one.url)


def part_cell(part: Organization, column: Period, duty: Duty, owed: Sequence[Obligation]) -> Cell:
    """Return the cell of one part of the organisation: how many of its branches have held enough."""
    about = f"{part.label} {column.label}{duty.title}"
    if not owed:
        return Cell("none", "–", f"{about}：不要求")
    met = sum(one.is_met for one in owed)
    if met == len(owed):
        state = "ok"
    elif not owed[0].is_due:
        state = "warn"
    else:
        state = "warn" if 4 * met >= 3 * len(owed) else "bad"
    words = f"{met} 个支部达标，应达标 {len(owed)} 个"
    return Cell(state, f"{met}/{len(owed)}", f"{about}：{words}", duty.fact.url(part, column))


def said(organization: Organization) -> str:
    """Return what people call it: the short name, or the place that a committee stands for."""
    return organization.short_name or place(organization)


def name_within(organization: Organization, whole: Organization) -> str:
    """Return the name without what everybody in the whole bears: 第一党支部 for 东风社区第一党支部."""
    name = said(organization)
    return name.removeprefix(place(whole)) or name


def percent_of(numbers: Mapping[str, Number]) -> Decimal | None:
    """Return the attendance rate in percent with one decimal; None where nobody was expected."""
    return facts.rate("attendance.rate").percent(numbers)


def difference(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Return the change between two percentages as they are shown; None where there is nothing to compare."""
    return None if now is None or before is None else now - before
