"""The charts behind a report: what is drawn of one organisation and period, as rows that a table can hold as well."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from branches.models import Organization
from ledgers import facts
from ledgers.facts import Number
from ledgers.period import Period, PeriodKind

from .material import Material
from .problems import Problems
from .wording import number, place

MONTHS = 6
MOST_BARS = 14
STRUCTURE = (
    ("members.under_35", "35岁及以下"),
    ("members.age_35_to_60", "36至60岁"),
    ("members.over_60", "61岁及以上"),
    ("members.female", "女"),
    ("members.minority", "少数民族"),
    ("members.college", "大专及以上"),
)


class Bar(NamedTuple):
    """One bar: of which chart, what it is of, its value, as shown, and the rows behind it."""

    chart: str
    label: str
    value: Number | Decimal | float
    shown: str
    url: str


def bars(m: Material, problems: Problems) -> Iterator[Bar]:
    """Yield the bars of all charts: compliance and problems by place, theme days by month, who the members are."""
    places = m.communities or m.branches
    whose = "社区" if m.communities else "党支部"
    yield from _rates(m, places[:MOST_BARS], f"各{whose}党员到会率")
    yield from _problems(problems, places[:MOST_BARS], f"各{whose}存在的问题")
    yield from _trend(m)
    for code, label in STRUCTURE:
        if m.knows(code) and m.value(code):
            figure = m.figure(code)
            yield Bar("党员队伍结构", label, figure.value, f"{figure.text}名", figure.url)


def _rates(m: Material, places: Sequence[Organization], title: str) -> Iterator[Bar]:
    for one in places:
        if figure := m.rate("attendance.rate", one):
            yield Bar(title, place(one), figure.value, figure.text, figure.url)


def _problems(problems: Problems, places: Sequence[Organization], title: str) -> Iterator[Bar]:
    """Yield how many kinds of problems there are in each place, what stands below it included."""
    broken: Counter[int] = Counter()
    for problem in problems.listed:
        if problem.words.problem:
            paths = [o.path for o in problems.places(problem)]
            broken.update(one.pk for one in places if any(path.startswith(one.path) for path in paths))
    if broken:
        for one in places:
            yield Bar(title, place(one), broken[one.pk], f"{broken[one.pk]}类", one.get_absolute_url())


def _trend(m: Material) -> Iterator[Bar]:
    """Yield the theme days of the last months that are over, from the beginning of the records on."""
    last = Period.containing(m.period.as_of(), PeriodKind.MONTH)
    months = [month for month in last.last(MONTHS) if m.since is None or month.end >= m.since]
    fact = facts.get("meetings.theme_day")
    numbers = facts.of_each_period([m.organization.pk], months)
    if any(numbers[month][m.organization.pk].get(fact.code) for month in months):
        for month in months:
            value = numbers[month][m.organization.pk].get(fact.code, 0)
            label = f"{month.start.year}年{month.start.month}月"
            yield Bar("主题党日逐月开展次数", label, value, f"{number(value)}次", fact.url(m.organization, month))
