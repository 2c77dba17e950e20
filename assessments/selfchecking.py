"""Filling self-checks in from the records: what rules break is not met, what they ask and find kept is."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.utils import timezone

from accounts.transactions import atomic
from branches.models import Organization
from ledgers.period import Period
from ledgers.recording import record_all

from . import engine
from .engine import Check
from .models import Level, Measure, SelfCheck, SelfCheckAnswer, Standard

MOST_WORDS = 300


@atomic
def begin(selfcheck: SelfCheck) -> SelfCheck:
    """Record a self-check with an answer to each item, those that the records settle filled in."""
    selfcheck.record()
    found = answered_by_records(selfcheck.organization, selfcheck.standard, selfcheck.when)
    answers = []
    for item in selfcheck.standard.items.all():
        level, note = found.get(item.code, ("", ""))
        answers.append(SelfCheckAnswer(selfcheck=selfcheck, item=item, own=level, own_note=note))
    record_all(answers)
    selfcheck.recount()
    return selfcheck.record()


def answered_by_records(organization: Organization, standard: Standard, period: Period) -> dict[str, tuple[str, str]]:
    """Return code of an item → what the rules that it is tied to say of it, and why: 不达标, 达标, or 不适用.

    Rules are asked as far as today. An item without rules, or whose rules cannot speak of this period yet, is left to
    people.
    """
    today = timezone.localdate()
    if not period.has_begun(today):
        return {}
    items = list(standard.items.all())
    codes = {code for item in items for code in item.rules}
    check = Check(organization, _asked_about(period, today))
    details: dict[str, list[str]] = defaultdict(list)
    for violation in engine.judge(check, codes):
        if violation.organization.path.startswith(organization.path):
            details[violation.rule].append(violation.detail)
    known = {rule.code: rule for rule in engine.every_rule()}
    found = {}
    for item in items:
        spoken = [known[code] for code in item.rules if code in known and known[code].asked_by(check)]
        broken = [rule.code for rule in spoken if details[rule.code]]
        if broken:
            words = "；".join(dict.fromkeys(detail for code in broken for detail in details[code]))
            found[item.code] = (Level.MISSED.value, words[:MOST_WORDS])
        elif spoken:
            asks = any(rule.about is not engine.About.ORGANISATIONS or rule.asked(check) for rule in spoken)
            found[item.code] = (Level.MET.value, "") if asks else (Level.NOT_ASKED.value, "按类别和规模没有这项要求")
    return found


def _asked_about(period: Period, today: date) -> Period:
    """Return the longest period that is over and lies in the round, else the round itself as far as today."""
    if period.is_over(today):
        return period
    over = [quarter for quarter in period.split(Period.QUARTER) if quarter.is_over(today)]
    return over[-1] if over else Period.containing(today, Period.QUARTER)


@atomic
def rectify(selfcheck: SelfCheck, owner: str, leader: str, due_on: date, set_by: Organization) -> int:
    """Let each item that fails become a rectification, unless it is one already; return how many are new."""
    failing = failing_of(selfcheck.answers.select_related("item").prefetch_related("measures"))
    fresh = [
        Measure(
            organization=selfcheck.organization,
            set_by=set_by,
            kind=Measure.Kind.SELF_CHECK,
            title=f"{answer.item.code} {answer.item.text}"[:300],
            cause=answer.check_note or answer.own_note,
            pace=Measure.Pace.BY_DATE,
            leader=leader,
            owner=owner,
            starts_on=min(timezone.localdate(), due_on),
            due_on=due_on,
            answer=answer,
        )
        for answer in failing
    ]
    record_all(fresh)
    return len(fresh)


def failing_of(answers: Collection[SelfCheckAnswer]) -> list[SelfCheckAnswer]:
    """Return the answers that fail and that nothing puts right yet."""
    return [one for one in answers if one.fails and not one.measures.all()]
