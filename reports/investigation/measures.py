"""What will be done: section 4 of the report. Who does what by when, to whom it is told, and how one sees it done."""

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.utils import timezone

from assessments.models import Finding
from assessments.querysets import unclosed_on
from branches.models import Organization
from reports.document import Statement

from . import wording
from .problems import Problem, Problems, class_of
from .saying import SENTENCE
from .wording import Loose, Parts, flat, str_of

NAMED = 2
"""Owners that are named one by one; of more the first, and how many."""
LONG = 30
"""Days from which a deadline is put at the end of a month."""
_HOLE = re.compile(r"\{(\w+)\}")
_BEGINS = "{owner}于{deadline}前"


@dataclass(frozen=True)
class Measure:
    """What one set of owners does about one problem."""

    problem: Problem
    owners: tuple[Organization, ...]
    deadline: date
    person: str

    @property
    def plan(self) -> str:
        """The heading under which it stands."""
        return self.problem.words.plan


class Measures:
    """The measures of a report, in the order of how grave what they answer is."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.m = problems.m
        self.from_day = max(self.m.period.as_of(), timezone.localdate())
        self.listed = [self._measure(problem) for problem in problems.listed]

    def _measure(self, problem: Problem) -> Measure:
        owners = tuple(dict.fromkeys(self._owner(place) for place in problem.cases))
        days = [day for place in problem.cases if (day := self._set.get((problem.code, place.pk), (None, ""))[0])]
        people = {self._set.get((problem.code, place.pk), (None, ""))[1] for place in problem.cases}
        person = people.pop() if len(people) == 1 else ""
        return Measure(problem, owners, max(days) if days else self._deadline(problem), person)

    def _owner(self, place: Organization) -> Organization:
        """Return who sees to it: of a group its branch, else the organisation that owes it."""
        return self._above.get(place.path, place) if place.kind == Organization.Kind.GROUP else place

    @cached_property
    def _above(self) -> dict[str, Organization]:
        """Tree path → the organisation above, as far as it lies in the report's subtree."""
        by_path = {o.path: o for o in (self.m.organization, *self.m.below)}
        return {path: by_path[path[: -o.steplen]] for path, o in by_path.items() if path[: -o.steplen] in by_path}

    @cached_property
    def _set(self) -> dict[tuple[str, int], tuple[date | None, str]]:
        """(Rule, organisation id) → deadline and owner that were set on its open finding. One query."""
        open_ones = Finding.objects.under(self.m.organization, self.m.period.end).filter(
            unclosed_on(timezone.localdate())
        )
        rows = open_ones.filter(deadline__gte=self.from_day).order_by("deadline")
        return {
            (rule, organization): (deadline, owner)
            for rule, organization, deadline, owner in rows.values_list("rule", "organization", "deadline", "owner")
        }

    def _deadline(self, problem: Problem) -> date:
        """Return until when it is to be put right: so many days on, long ones to the end of a month."""
        days = problem.words.days
        day = self.from_day + timedelta(days=days)
        if days >= LONG:
            day = day.replace(day=calendar.monthrange(day.year, day.month)[1])
        if problem.words.counted_by:  # a lease that ends is not renewed after its end
            ends = [self.m.period.as_of() + timedelta(days=int(v.value)) for v in problem.found if v.value is not None]
            day = min([day, *(end for end in ends if end >= self.from_day)])
        return day

    # words

    def when(self, day: date) -> str:
        """Return a deadline: 12月10日, with its year where that is another."""
        return f"{day.month}月{day.day}日" if day.year == self.from_day.year else wording.chinese_date(day)

    def owners(self, measure: Measure, most: int) -> Parts:
        """Return who sees to it: so many by name, of more the first and how many."""
        names = [o.name for o in measure.owners]
        if len(names) <= most:
            return ("和".join(names),)
        kinds = {class_of(o) for o in measure.owners}
        kind = kinds.pop() if len(kinds) == 1 else "党组织"
        if len(measure.owners) != len(measure.problem.organizations):  # of groups their branches
            return (f"{names[0]}等有关{kind}",)
        figure = self.problems.figure([measure.problem.code], len(names), measure.problem.words.heading)
        return flat([f"{names[0]}等", figure, f"个{kind}"])

    def supervisor(self, measure: Measure) -> str:
        """Return to whom they answer: the organisation above, or each to its own."""
        if measure.owners == (self.m.organization,):
            return self.m.parent.name if self.m.parent else "上级党组织"
        above = {o.pk: o for one in measure.owners if (o := self._above.get(one.path))}
        if len(above) == 1:
            return next(iter(above.values())).name
        kinds = {o.kind for o in above.values()}
        return "所属社区党委" if kinds == {Organization.Kind.COMMUNITY_COMMITTEE} else "上一级党组织"

    def text(self, measure: Measure, template: str | None = None) -> Parts:
        """Return the sentence of a measure."""
        words = measure.problem.words
        plain = {
            "deadline": self.when(measure.deadline),
            "supervisor": self.supervisor(measure),
            "limit": words.limit_of(self.m.organization.path, self.problems.check.local),
            "year": str(self.m.period.year),
        }
        pieces = _HOLE.split(words.measure if template is None else template)

        def filled(most: int) -> Parts:
            return flat(
                piece if number % 2 == 0 else self.owners(measure, most) if piece == "owner" else plain[piece]
                for number, piece in enumerate(pieces)
            )

        by_name = filled(NAMED)
        longest = max(len(sentence) for sentence in "".join(map(str_of, by_name)).split("。"))
        return by_name if longest + len(words.lead) < SENTENCE else filled(1)

    # 四、下步打算

    def statements(self, most: int) -> dict[str, list[Statement]]:
        """Return plan heading → its measures: the gravest so many, those of one owner and matter in one paragraph."""
        together: dict[tuple[str, str, tuple[int, ...]], list[Measure]] = {}
        for measure in self.listed:
            owners = tuple(o.pk for o in measure.owners)
            together.setdefault((measure.plan, measure.problem.words.matter, owners), []).append(measure)
        said: dict[str, list[Statement]] = {}
        for (plan, matter, _), measures in list(together.items())[:most]:
            said.setdefault(plan, []).append(self._statement(matter, measures))
        return said

    def _statement(self, matter: str, measures: Sequence[Measure]) -> Statement:
        first, *others = measures
        said: list[Loose] = [f"{first.problem.words.lead if not others else matter}。", self.text(first)]
        for other in others:
            template = other.problem.words.measure
            if template.startswith(_BEGINS) and other.deadline == first.deadline:
                said.append(self.text(other, "并" + template.removeprefix(_BEGINS)))
            else:
                said.append(self.text(other))
        return Statement(f"measure.{first.problem.code}", flat(said), "measure")
