"""The rule engine: what a rule declares, and one check of a subtree in a period, set-based however large the tree.

A rule about organisations names whom it applies to and which condition on the facts holds for them. A rule about
records (committees, members) defines `violations` itself and asks the database once for everybody.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar
from urllib.parse import urlencode

from dateutil.relativedelta import relativedelta
from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Right
from branches.models import Committee, CommitteeSeat, Organization
from ledgers import facts
from ledgers.facts import Number
from ledgers.ledger import Query
from ledgers.period import Period, PeriodKind
from members.development.procedure import Standing
from members.models import DevelopmentCase, DevelopmentStep, Exemption, Membership, here_by, progress_of
from members.querysets import MembershipQuerySet

from .beginning import is_before_records, records_since
from .local import LocalNumber, LocalNumbers
from .models import Finding, LocalSetting, Severity
from .words import Words


@dataclass(frozen=True)
class Violation:
    """One rule broken by one organisation, or by one member of it.

    `months` holds the codes of the months (or quarters) that are missing, where the rule is checked one by one; `cases`
    the cases of the people on the way into the Party that it is about.
    """

    rule: str
    organization: Organization
    detail: str
    value: Number | None = None
    required: Number | None = None
    member_id: int | None = None
    months: tuple[str, ...] = ()
    cases: tuple[int, ...] = ()
    records: int = 1
    """How many records break it, of a rule about records."""
    rows: tuple[int, ...] = ()
    """Which records these are, where the rule's ledger opens them by themselves."""

    @property
    def breaches(self) -> int:
        """How many breaches it stands for: months (quarters, years) missed, persons, records, or the organisation."""
        return len(self.months) or len(self.cases) or self.records

    @property
    def people(self) -> int:
        """How many persons it is about, none where it is about an organisation."""
        return len(self.cases) or bool(self.member_id)


STANDS = ("category", "joined_on", "regularised_on")
"""What says whether a member was a full one on a day, see `Member.is_full_on`: nothing else is read of many people."""


class Check:
    """One check of one subtree in one period: everything that rules ask, read once for all of them.

    A running period is judged only as far as today (`by`): months and quarters that are not over yet are not held
    against anybody, and records are taken as of that day.
    """

    def __init__(self, organization: Organization, period: Period, by: date | None = None) -> None:
        self.organization = organization
        self.period = period
        self.today = by or timezone.localdate()
        self.day = period.as_of(self.today)

    def is_over(self, period: Period) -> bool:
        """Say whether a period can be judged: its last day is past."""
        return period.is_over(self.today)

    def parts(self, kind: PeriodKind) -> list[Period]:
        """Return the shorter periods of this kind that are over, in order."""
        return [part for part in self.period.split(kind) if self.is_over(part)]

    @cached_property
    def by_id(self) -> dict[int, Organization]:
        """Every organisation of the subtree as it stood on the last day, of the kind that it was then, live or not."""
        return {o.pk: o for o in Organization.as_on(Organization.objects.under(self.organization, self.day), self.day)}

    @cached_property
    def live(self) -> list[Organization]:
        """The organisations live on the last day."""
        return [
            o
            for o in self.by_id.values()
            if (o.established is None or o.established <= self.day)
            and (o.dissolved_on is None or o.dissolved_on > self.day)
        ]

    def settled_by(self, day: date) -> list[Organization]:
        """Return the organisations live on the last day and established on or before another day."""
        return [o for o in self.live if o.established is None or o.established <= day]

    @cached_property
    def settled(self) -> list[Organization]:
        """The organisations live on the last day and established on or before the period's first day."""
        return self.settled_by(self.period.start)

    @cached_property
    def branches(self) -> list[Organization]:
        """The branches, as rules mean the word."""
        return [o for o in self.settled if o.is_branch]

    def is_temporary(self, organization_id: int) -> bool:
        """Say whether it is a temporary branch: dues, admissions, transfers and elections are none of its business."""
        return self.by_id[organization_id].kind == Organization.Kind.TEMPORARY_BRANCH

    @cached_property
    def sheets(self) -> dict[tuple[int, Period], dict[str, Number]]:
        """(Organisation id, month) → its numbers: a branch's with those of its groups, anybody else's own."""
        months = [month for month in self.period.months() if month.has_begun(self.today)]
        branches = [o.pk for o in self.live if o.is_branch]
        others = [o.pk for o in self.live if not o.is_branch]
        return {**facts.sheets(branches, months), **facts.sheets(others, months, own=True)}

    def number(self, code: str, organization: Organization, period: Period) -> Number:
        """Return an organisation's number as `sheets` has it: a flow over the period, a stock at its end."""
        months = period.months()
        if facts.get(code).stock:
            months = (Period.containing(min(period.end, self.day)),)
        return sum(self.sheets.get((organization.pk, month), {}).get(code, 0) for month in months)

    @cached_property
    def local(self) -> LocalNumbers:
        """The streets' own numbers."""
        return LocalNumbers(LocalSetting.objects.select_related("organization"))

    def limit(self, number: int | LocalNumber, organization: Organization) -> int:
        """Return the number that a rule asks of an organisation: the statute's, or its street's."""
        return number if isinstance(number, int) else self.local.of(number, organization)

    @cached_property
    def committees(self) -> dict[int, Committee]:
        """Organisation id → its committee in office on the last day, the latest where two overlap."""
        rows = Committee.objects.in_office_on(self.day).under(self.organization, self.day).order_by("start", "pk")
        return {committee.organization_id: committee for committee in rows}

    @cached_property
    def people_seated(self) -> Counter[int]:
        """Committee id → persons who hold a seat on the last day, each once however many posts they hold."""
        seats = CommitteeSeat.objects.held_on(self.day).under(self.organization, self.day).order_by()
        people = seats.values_list("committee_id", "member_id", "name")
        return Counter(committee for committee, *_ in {(c, member or name) for c, member, name in people})

    @property
    def memberships(self) -> MembershipQuerySet:
        """The live members of the subtree on the last day, one membership each."""
        return Membership.objects.in_force_on(self.day).under(self.organization, self.day)

    @property
    def exempted(self) -> QuerySet[Any, Any]:
        """Ids of the members of whom nothing is asked on the last day."""
        return Exemption.objects.standing_on(self.day).values_list("member_id", flat=True)

    @cached_property
    def courses(self) -> "list[Course]":
        """The people on the way into the Party on the last day, those regularised within a year before included."""
        lately = self.period.start - relativedelta(years=1)
        cases = DevelopmentCase.objects.under(self.organization, self.day).filter(
            Q(closed_on__isnull=True) | Q(closed_on__gt=self.day),
            Q(regularised_on__isnull=True) | Q(regularised_on__gte=lately),
            here_by(self.day),
            applied_on__lte=self.day,
        )
        steps = DevelopmentStep.objects.filter(on__lte=self.day).select_related("first_member", "second_member")
        people = (f"{who}__{what}" for who in ("first_member", "second_member") for what in STANDS)
        steps = steps.only("case", "code", "on", "days", "hours", "until", "exception_reason", *people)
        return [Course(case) for case in cases.prefetch_related(Prefetch("steps", steps, to_attr="taken"))]


class Course:
    """How far one person had come on the day of a check: what was on record by then."""

    def __init__(self, case: DevelopmentCase) -> None:
        self.case = case
        self.steps: list[DevelopmentStep] = case.taken  # type: ignore[attr-defined]
        self.progress = progress_of(case, self.steps)

    @property
    def standing(self) -> Standing:
        """What the person was called on that day; a general meeting counts once it is approved."""
        taken = self.progress.taken
        if "regularisation-approval" in taken:
            return Standing.REGULARISED
        if "admission-approval" in taken:
            return Standing.PROBATIONARY
        return Standing.CANDIDATE if "candidate" in taken else (
            Standing.ACTIVIST if "activist" in taken else Standing.APPLICANT
        )  # fmt: skip

    def last(self, code: str) -> DevelopmentStep | None:
        """Return the last record of a step."""
        return max((step for step in self.steps if step.code == code), key=lambda step: step.on, default=None)

    def full_members(self, code: str) -> int:
        """Return how many of the people of a step were found in the register as full members on its day."""
        step = self.last(code)
        people = (step.first_member, step.second_member) if step else ()
        return sum(1 for member in people if member and step and member.is_full_on(step.on))


# whom a rule applies to


class Circle(Protocol):
    """Whom a rule applies to."""

    def among(self, check: Check, part: Period | None = None) -> Iterable[Organization]:
        """Return those of the check's organisations to which the rule applies in a part of the period, or the whole.

        Who was founded inside the period owes the whole parts since.
        """


@dataclass(frozen=True)
class Branches:
    """Branches; their size is that at the end of each part of the period that is judged by itself."""

    full_members_at_least: int = 0
    temporary: bool = True

    def among(self, check: Check, part: Period | None = None) -> Iterator[Organization]:
        """Yield the branches of the right kind and size."""
        span = part or check.period
        for branch in check.settled_by(span.start):
            if not branch.is_branch or (not self.temporary and check.is_temporary(branch.pk)):
                continue
            if self.full_members_at_least <= 0 or (
                check.number("members.full", branch, span) >= self.full_members_at_least
            ):
                yield branch


@dataclass(frozen=True)
class OfKind:
    """Organisations of certain kinds."""

    kinds: Collection[str]

    def among(self, check: Check, part: Period | None = None) -> list[Organization]:
        """Return the organisations of these kinds."""
        return [o for o in check.settled_by((part or check.period).start) if o.kind in self.kinds]


# what must hold


class Shortfall(NamedTuple):
    """What is, what should be, and both in words."""

    value: Number
    required: Number
    words: str


class Condition(Protocol):
    """What must hold of an organisation in a period."""

    def shortfall(self, check: Check, organization: Organization, period: Period) -> Shortfall | None:
        """Return what is missing, or None where the condition holds."""

    def evidence(self, organization: Organization, period: Period) -> str:
        """Return the address of the rows that were counted."""


@dataclass(frozen=True)
class AtLeast:
    """A fact reaches a number."""

    fact: str
    number: int | LocalNumber

    def shortfall(self, check: Check, organization: Organization, period: Period) -> Shortfall | None:
        """Return what the fact falls short by."""
        value, required = check.number(self.fact, organization, period), check.limit(self.number, organization)
        if value >= required:
            return None
        fact = facts.get(self.fact)
        return Shortfall(value, required, f"{fact.title} {value} {fact.unit}，少于 {required} {fact.unit}")

    def evidence(self, organization: Organization, period: Period) -> str:
        """Return the address of the rows behind the fact."""
        return facts.get(self.fact).url(organization, period, own=not organization.is_branch)


@dataclass(frozen=True)
class AtMost:
    """A fact does not pass a number."""

    fact: str
    number: int

    def shortfall(self, check: Check, organization: Organization, period: Period) -> Shortfall | None:
        """Return what the fact is over by."""
        value = check.number(self.fact, organization, period)
        if value <= self.number:
            return None
        fact = facts.get(self.fact)
        return Shortfall(value, self.number, f"{fact.title} {value} {fact.unit}，多于 {self.number} {fact.unit}")

    def evidence(self, organization: Organization, period: Period) -> str:
        """Return the address of the rows behind the fact."""
        return facts.get(self.fact).url(organization, period, own=not organization.is_branch)


@dataclass(frozen=True)
class RateAtLeast:
    """A rate reaches a number of percent; where there is nothing to divide by, it holds."""

    rate: str
    percent: LocalNumber

    def shortfall(self, check: Check, organization: Organization, period: Period) -> Shortfall | None:
        """Return the rate in percent, never shown as reached where it is not."""
        rate = facts.rate(self.rate)
        ratio = rate.of({code: check.number(code, organization, period) for code in (rate.numerator, rate.denominator)})
        required = check.limit(self.percent, organization)
        if ratio is None or ratio * 100 >= required:
            return None
        value = facts.percent(ratio, required)
        return Shortfall(value, required, f"{rate.title} {value}%，低于 {required}%")

    def evidence(self, organization: Organization, period: Period) -> str:
        """Return the address of the rows that the rate is a part of."""
        return facts.get(facts.rate(self.rate).denominator).url(organization, period, own=not organization.is_branch)


# rules


class Form(NamedTuple):
    """The form in which what a rule finds missing is entered, filled in as far as it can be, and who may use it."""

    view: str
    right: Right
    args: tuple[Any, ...] = ()
    query: Mapping[str, Any] = {}

    @property
    def url(self) -> str:
        """Its address."""
        return reverse(self.view, args=self.args) + (f"?{urlencode(self.query)}" if self.query else "")


def of_place(finding: Finding) -> Mapping[str, Any]:
    """Return the query that fills in the organisation of a finding."""
    return {"organization": finding.organization.code}


def of_member(finding: Finding) -> Mapping[str, Any]:
    """Return the query that fills in the member of a finding."""
    return {"member": finding.member_id}


class About(Enum):
    """What a rule speaks of, and so what counts as one breach of it."""

    ORGANISATIONS = "organisations"  # an organisation, or each month, quarter or year that it missed
    PEOPLE = "people"  # a member, or somebody on the way in
    RECORDS = "records"  # an activity, an enterprise, a letter, a concern


class Rule:
    """Base of every rule; declarations are class attributes.

    `every` is the period that the rule speaks of; without one it is judged as of the last day of whatever period is
    asked about. `source` names the regulation, and its article only where that was checked against the text.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    severity: ClassVar[Severity] = Severity.MINOR
    remedy: ClassVar[str]
    every: ClassVar[PeriodKind | None] = None
    about: ClassVar[About] = About.ORGANISATIONS
    words: ClassVar[Words | None] = None
    """How documents speak of it; a rule about the quality of data has none and never enters one."""
    applies_to: ClassVar[Circle]
    holds: ClassVar[Condition]

    def asked_by(self, check: Check) -> bool:
        """Say whether a check of this period speaks of the rule: an annual one only of a whole year that is over."""
        if self.every is None:
            return True
        if self.every == Period.YEAR:
            return check.period.kind == Period.YEAR and check.is_over(check.period)
        return self.every <= check.period.kind

    def asked(self, check: Check) -> list[Organization]:
        """Return whom the rule asks in the period or in any of its parts that are over; nobody where it asks persons
        or records.
        """
        return self.asked_in(check, [check.period] if self.every is None else check.parts(self.every))

    def asked_in(self, check: Check, parts: Iterable[Period]) -> list[Organization]:
        """Return whom the rule asks in any of these parts of the period, each once; nobody of persons or records."""
        if self.about is not About.ORGANISATIONS:
            return []
        return list({o.pk: o for part in parts for o in self.applies_to.among(check, part)}.values())

    def violations(self, check: Check) -> Iterable[Violation]:
        """Yield what breaks the rule: at most one violation for each organisation, or for each member."""
        if self.every is not None:
            yield from self._part_by_part(check, check.parts(self.every))
            return
        for organization in self.applies_to.among(check):
            if short := self.holds.shortfall(check, organization, check.period):
                yield Violation(self.code, organization, short.words, short.value, short.required)

    def _part_by_part(self, check: Check, parts: list[Period]) -> Iterator[Violation]:
        """Judge each part by itself: whom the rule asks in it, and whether it holds there."""
        owed: dict[int, list[Period]] = defaultdict(list)
        missed: dict[int, list[tuple[Period, Shortfall]]] = defaultdict(list)
        for part in parts:
            for organization in self.applies_to.among(check, part):
                owed[organization.pk].append(part)
                if short := self.holds.shortfall(check, organization, part):
                    missed[organization.pk].append((part, short))
        for pk, missing in missed.items():
            codes = tuple(part.code for part, _ in missing)
            words = "缺 " + "、".join(part.label for part, _ in missing)
            value: Number = len(owed[pk]) - len(missing)
            required: Number = len(owed[pk])
            if check.period.kind == self.every:  # asked of one such period: how many were held of those it asks for
                _, short = missing[0]
                value, required = short.value, short.required
                words = f"{words}（{short.words}）" if value else words
            yield Violation(self.code, check.by_id[pk], words, value, required, months=codes)

    def case(self, violation: Violation) -> str:
        """Return what is wrong in one case as documents say it: without the names of people."""
        return "" if self.about is About.PEOPLE else violation.detail

    def opened(self, organization: Organization, period: Period) -> tuple[str, Query] | None:
        """Return the ledger and the filter that open exactly the records in a subtree that break a rule about records,
        None where only the organisations can be opened.
        """
        return None

    def form(self, finding: Finding) -> Form | None:
        """Return the form that settles a finding; None where there is not one form that does."""
        return None

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of what a violation rests on: the rows counted, or the member's page."""
        if member_id is not None:
            return reverse("members:detail", args=[member_id])
        return self.holds.evidence(organization, period)


class MeetingRule(Rule):
    """Base of the rules that want an activity of one kind, of the organisation that the finding is about."""

    kind: ClassVar[str]

    def form(self, finding: Finding) -> Form:
        """Return the form of an activity of that kind, in the first month or quarter that lacks one."""
        month = {"month": finding.months[0]} if finding.months else {}
        query = {**of_place(finding), "kind": self.kind, **month}
        return Form("activities:create", Right.ACTIVITIES_EDIT, query=query)


R = TypeVar("R", bound=type[Rule])
_rules: dict[str, Rule] = {}


def register(rule: R) -> R:
    """Put a rule in the book; a class decorator."""
    _rules[rule.code] = rule()
    return rule


def every_rule() -> list[Rule]:
    """Return all rules in the order of their codes."""
    return [_rules[code] for code in sorted(_rules)]


def get(code: str) -> Rule:
    """Return a rule by its code."""
    return _rules[code]


@facts.read_once()
def check(
    organization: Organization, period: Period, rules: Collection[str] | None = None, by: date | None = None
) -> list[Violation]:
    """Return what is broken in the subtree in the period, in the order of rule, organisation and member.

    Writes no findings. `rules` limits it to some codes; a running period is judged only as far as today, or `by`, and
    one that has not begun, or that lies before the street's records, not at all. The number of queries does not depend
    on how many organisations or members there are.
    """
    asked = Check(organization, period, by)
    if not period.has_begun(asked.today) or is_before_records(period, records_since(organization)):
        return []
    return judge(asked, rules)


def judge(asked: Check, rules: Collection[str] | None = None) -> list[Violation]:
    """Return what is broken according to one check, in the order of rule, organisation and member."""
    found = [
        violation
        for rule in every_rule()
        if (rules is None or rule.code in rules) and rule.asked_by(asked)
        for violation in rule.violations(asked)
    ]
    return sorted(found, key=lambda v: (v.rule, v.organization.path, v.member_id or 0))


def choices(attribute: str) -> list[tuple[str, str]]:
    """Return (code, text) of every rule, for the columns of a ledger: its `title`, its `source`."""
    return [(rule.code, getattr(rule, attribute)) for rule in every_rule()]


__all__ = [
    "About",
    "AtLeast",
    "AtMost",
    "Branches",
    "Check",
    "Course",
    "Form",
    "MeetingRule",
    "OfKind",
    "RateAtLeast",
    "Rule",
    "Severity",
    "Violation",
    "check",
    "choices",
    "every_rule",
    "get",
    "judge",
    "of_member",
    "of_place",
    "register",
]
