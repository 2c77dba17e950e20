"""Dues of a street month by month: bases with a rise now and then, who pays when, and the gaps that rules find."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from ledgers import bulk
from ledgers.period import Period
from members.dues.bands import standard
from members.models import UNKNOWN_START, ClosedDues, DuesBase, DuesCharge, Member, can_be_reckoned

from .plan import Branch, Plan, Stay, Street

Method = DuesCharge.Method
METHODS = ((Method.MOBILE, Method.CASH, Method.TRANSFER, Method.WITHHELD), (50, 25, 15, 10))
RISEN = 0.15
"""Members whose base rose while the data run, as a share of those with one."""
DEBTORS = 0.025
"""Members who have stopped paying for many months."""
WRONG = 0.012
"""Members whose dues were once reckoned wrong and are copied from month to month."""


def collect(street: Street) -> Counter[str]:
    """Write what dues are reckoned from, and each branch's months; slack branches have not made out the last one."""
    random, plan = street.random("dues"), street.plan
    charges = closed = 0
    for branch in street.branches:
        bases = {id(stay): _history(random, plan, stay) for stay in branch.stays}
        DuesBase.objects.bulk_create([base for line in bases.values() for base in line], batch_size=1000)
        habits = {id(stay): _Habit(random, plan) for stay in branch.stays}
        rows: list[DuesCharge] = []
        months = plan.periods if branch.diligence > 0.4 else plan.periods[:-1]
        for month in months:
            day = min(month.end, plan.until)
            for stay in branch.standing(day):
                base = next((b for b in bases[id(stay)] if b.since <= day and (not b.until or b.until > day)), None)
                if base and (charge := _charge(random, plan, branch, stay.member, month, base, habits[id(stay)])):
                    rows.append(charge)
        bulk.insert(rows)
        over = [ClosedDues(branch=branch.organization, month=m.start) for m in plan.periods[:-2]]
        ClosedDues.objects.bulk_create(over)
        charges, closed = charges + len(rows), closed + len(over)
    return Counter(dues=charges, closed_dues=closed)


class _Habit:
    """How one member pays: by what means, until when, and whether by a wrong amount."""

    def __init__(self, random: Random, plan: Plan) -> None:
        self.method = random.choices(*METHODS)[0]
        self.stops = random.random() < DEBTORS
        self.last = plan.ago(random.randint(200, 330)) if self.stops else plan.until
        self.factor = Decimal("0.5") if random.random() < WRONG else Decimal(1)


def _history(random: Random, plan: Plan, stay: Stay) -> list[DuesBase]:
    """Return the intervals of one stay, oldest first: the last holds what the register says."""
    member = stay.member
    if not can_be_reckoned(member.dues_base, member.employment) or stay.end is not None:
        return _before_leaving(member, stay)
    start = stay.start or UNKNOWN_START
    rises = plan.first + timedelta(days=random.randrange(max(1, (plan.until - plan.first).days)))
    if member.dues_base is None or random.random() >= RISEN or rises <= start:
        return [_base(member, member.dues_base, start)]
    earlier = (member.dues_base * Decimal("0.92")).quantize(Decimal(10))
    return [_base(member, earlier, start, rises), _base(member, member.dues_base, rises)]


def _before_leaving(member: Member, stay: Stay) -> list[DuesBase]:
    """Return the one interval of a stay that is over, open in the register's sense only where it is the last."""
    if not can_be_reckoned(member.dues_base, member.employment):
        return []
    last = stay.end if member.left_on != stay.end else None
    return [_base(member, member.dues_base, stay.start or UNKNOWN_START, last)]


def _base(member: Member, base: Decimal | None, since: date, until: date | None = None) -> DuesBase:
    return DuesBase(member=member, base=base, employment=member.employment, since=since, until=until)


def _charge(
    random: Random, plan: Plan, branch: Branch, member: Member, month: Period, base: DuesBase, habit: _Habit
) -> DuesCharge | None:
    """Return one member's month, paid or not yet."""
    owes = standard(base.base, base.employment)
    if owes is None:
        return None
    due = max((owes.least * habit.factor).quantize(Decimal("0.01")), Decimal("0.10"))
    charge = DuesCharge(
        member=member,
        branch=branch.organization,
        month=month.start,
        base=base.base,
        employment=base.employment,
        due=due,
    )
    day = month.start + timedelta(days=random.choices((random.randint(2, 25), random.randint(26, 50)), (92, 8))[0])
    if day <= plan.until and month.start <= habit.last and random.random() < 0.985:
        charge.paid, charge.paid_on, charge.method = due, day, habit.method
    return charge
