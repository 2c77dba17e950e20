"""What a problem rests on: the check of the rules, and the filter that opens the rows it found.

"3 branches held no general meeting" is a number like any other, so it leads to its rows: the register of
organisations, or of members, narrowed to what breaks the rule in that period.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone

from activities.ledgers.records import ActivitiesLedger
from assessments import engine
from assessments.engine import Violation
from branches.ledgers.tree import OrganizationsLedger
from branches.models import Organization
from ledgers.ledger import BadQuery, Filter, Query
from ledgers.period import Period
from members.ledgers.development import DevelopmentLedger
from members.ledgers.register import MembersLedger

BREAKS = "breaks"


def judged_by(period: Period) -> date | None:
    """Return the day as far as which a period is judged: today while it runs, so that nobody is late beforehand."""
    today = timezone.localdate()
    return today if period.start <= today <= period.end else None


def violations(organization: Organization, period: Period, rules: Collection[str] | None = None) -> list[Violation]:
    """Return what breaks the rules in the subtree in the period."""
    return engine.check(organization, period, rules, by=judged_by(period))


def broken_by(rules: Collection[str], period: Period) -> dict[str, str]:
    """Return the filter that keeps what breaks any of these rules in the period."""
    return {BREAKS: f"{','.join(sorted(rules))}@{period.code}"}


@dataclass(frozen=True)
class BreaksRules(Filter):
    """Keeps what breaks one of some rules in a period. Written R01,R02@2026Q3."""

    def describe(self, value: str) -> str:
        """Name the rules rather than their codes."""
        rules, period = _asked(value)
        titles = "；".join(engine.get(code).title for code in rules) if len(rules) < 4 else f"{len(rules)} 项规则之一"
        return f"{period.label}没有达到：{titles}"


def _asked(value: str) -> tuple[list[str], Period]:
    """Read a filter's value. Raises BadQuery."""
    codes, _, period = value.partition("@")
    known = {rule.code for rule in engine.every_rule()}
    rules = codes.split(",")
    if unknown := set(rules) - known:
        raise BadQuery(f"没有规则“{sorted(unknown)[0]}”")
    try:
        return rules, Period.parse(period)
    except ValueError as error:
        raise BadQuery(str(error)) from error


def _found(value: str, query: Query) -> Iterator[Violation]:
    rules, period = _asked(value)
    for root in [query.organization] if query.organization else Organization.objects.get_root_nodes():
        yield from violations(root, period, rules)


def _organizations(value: str, query: Query) -> Q:
    return Q(pk__in={v.organization.pk for v in _found(value, query)})


def _members(value: str, query: Query) -> Q:
    return Q(member_id__in={v.member_id for v in _found(value, query) if v.member_id})


def _records(value: str, query: Query) -> Q:
    return Q(pk__in={pk for v in _found(value, query) for pk in v.rows})


def _cases(value: str, query: Query) -> Q:
    return Q(pk__in={pk for v in _found(value, query) for pk in v.cases})


def register_filters() -> None:
    """Give the registers of what rules speak of the filter; called when the app is ready, before anybody asks."""
    registers = (
        (OrganizationsLedger, _organizations),
        (MembersLedger, _members),
        (DevelopmentLedger, _cases),
        (ActivitiesLedger, _records),
    )
    for register, condition in registers:
        if all(one.name != BREAKS for one in register.filters):
            register.filters = (*register.filters, BreaksRules(BREAKS, "没有达到的规则", condition, more=True))
