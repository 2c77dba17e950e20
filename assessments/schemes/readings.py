"""Reads the raw values of all organisations that a scheme scores, set-based: the number of queries does not grow with
organisations, members or indicators.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from accounts.transactions import atomic
from assessments import engine
from assessments.beginning import is_before_records, records_since
from assessments.engine import About, Check, Rule, Violation
from assessments.findings import kept_in
from assessments.models import Finding
from branches.models import Organization
from ledgers import facts
from ledgers.period import Period

from .seen import RuleSeen, Seen

T = TypeVar("T")


@dataclass(frozen=True)
class Readings:
    """What was read of one owner's organisations in one period. `communities`: organisation id → its community."""

    seen: list[Seen]
    communities: Mapping[int, Organization | None]


@atomic
@facts.read_once()
def read(owner: Organization, period: Period, kinds: Collection[str], rules: Collection[str]) -> Readings:
    """Read what is known of the organisations of these kinds below an owner in a period that has begun.

    Scored is who lives on the last day, of a running period today, and has lived through a whole month of it. Nothing
    is read of a period before the street's records.
    """
    check = Check(owner, period)
    if not period.has_begun(check.today) or is_before_records(period, records_since(owner)):
        return Readings([], {})
    scored = [place for place in check.live if place.kind in kinds and _lived_a_month(place, check)]
    months = [month for month in period.months() if month.has_begun(check.today)]
    monthly: dict[int, dict[Period, Mapping[str, facts.Number]]] = defaultdict(dict)
    for (pk, month), numbers in facts.sheets([place.pk for place in scored], months).items():
        monthly[pk][month] = numbers
    lines = Organization.lineages(check.day)
    ruled = _rules_seen(check, rules, {place.pk for place in scored}, lines)
    return Readings(
        [Seen(place, period, check.today, monthly[place.pk], ruled[place.pk]) for place in scored],
        {place.pk: _community(place, lines, check) for place in scored},
    )


def _lived_a_month(place: Organization, check: Check) -> bool:
    """Say whether an organisation has lived through one of the period's months that are over."""
    return any(place.established is None or place.established <= month.start for month in check.parts(Period.MONTH))


def _community(place: Organization, lines: Mapping[int, list[int]], check: Check) -> Organization | None:
    """Return the community above an organisation on the check's day."""
    above = (check.by_id.get(pk) for pk in lines[place.pk][1:])
    return next((one for one in above if one and one.kind == Organization.Kind.COMMUNITY_COMMITTEE), None)


def _rules_seen(
    check: Check, codes: Collection[str], scored: set[int], lines: Mapping[int, list[int]]
) -> dict[int, dict[str, RuleSeen]]:
    """Return scored organisation → rule → how it went in its subtree."""
    exempted = Exempted(check)
    broken: dict[str, list[tuple[Violation, int]]] = defaultdict(list)
    for violation in engine.judge(check, codes):
        if left := exempted.left_of(violation):
            broken[violation.rule].append((violation, left))
    found: dict[int, dict[str, RuleSeen]] = {pk: {} for pk in scored}
    for code in codes:
        rule = engine.get(code)
        if rule.every is not None and rule.every > check.period.kind:
            for pk in scored:
                found[pk][code] = RuleSeen(applies=False)
            continue
        asked = _gathered(((place.pk, place.pk) for place in _asked(rule, check)), scored, lines)
        breaches = _gathered(((one.organization.pk, (one, left)) for one, left in broken[code]), scored, lines)
        for pk in scored:
            here = breaches.get(pk, ())
            found[pk][code] = RuleSeen(
                applies=rule.about is not About.ORGANISATIONS or pk in asked,
                breaches=sum(left for _, left in here),
                asked=frozenset(asked.get(pk, ())),
                in_breach=frozenset(one.organization.pk for one, _ in here),
                violations=[one for one, _ in here],
            )
    return found


def _asked(rule: Rule, check: Check) -> Iterable[Organization]:
    """Return the organisations that a rule asks: by kind and size; of one about people or records, who may have some.

    A part of the period that is not over yet asks already, but is no breach.
    """
    if rule.about is About.PEOPLE:
        return check.branches
    if rule.about is About.RECORDS:
        return (place for place in check.settled if place.kind != Organization.Kind.GROUP)
    parts = [check.period] if rule.every is None else check.period.split(rule.every)
    return rule.asked_in(check, [part for part in parts if part.has_begun(check.today)])


def _gathered(things: Iterable[tuple[int, T]], scored: set[int], lines: Mapping[int, list[int]]) -> dict[int, list[T]]:
    """Return scored organisation → the things of those in its subtree, by the tree of the check's day."""
    found: dict[int, list[T]] = defaultdict(list)
    for pk, thing in things:
        for above in lines[pk]:
            if above in scored:
                found[above].append(thing)
    return found


class Exempted:
    """What the exemptions of a period cover: the months, people and number of records named when each was given."""

    def __init__(self, check: Check) -> None:
        kept = [period.code for period in kept_in(check.period)]
        rows = Finding.objects.under(check.organization, check.day).filter(period__in=kept).order_by("period")
        self._given: dict[tuple[str, int, int | None], list[Finding]] = defaultdict(list)
        self._last: dict[tuple[str, int, int | None], Finding] = {}
        for finding in rows.defer("detail", "note", "owner"):
            key = (finding.rule, finding.organization_id, finding.member_id)
            self._last[key] = finding
            if finding.state == Finding.State.EXEMPTED:
                self._given[key].append(finding)

    def left_of(self, violation: Violation) -> int:
        """Return how many breaches of a violation no exemption covers."""
        key = (violation.rule, violation.organization.pk, violation.member_id)
        given = self._given.get(key)
        if not given:
            return violation.breaches
        covered = [finding.exempted_for or {"months": finding.months} for finding in given]
        if violation.months:
            return len(set(violation.months) - {month for one in covered for month in one.get("months", ())})
        if violation.cases:
            return len(set(violation.cases) - {case for one in covered for case in one.get("cases", ())})
        if engine.get(violation.rule).about is About.RECORDS:
            return max(0, violation.records - sum(one.get("records", 1) for one in covered))
        return 0 if self._last[key].state == Finding.State.EXEMPTED else violation.breaches
