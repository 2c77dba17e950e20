"""What was due and paid: month by month for a member, member by month for a branch, branch by branch for a month."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from accounts.models import User
from branches.models import Organization
from branches.querysets import live_on
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period, PeriodKind
from members.models import UNPAID, ClosedDues, DuesCharge, Member
from members.taking_part import top_for

from .bands import CENT


@dataclass(frozen=True)
class Cell:
    """One month of a statement: the charge, or None where nothing was charged."""

    month: Period
    charge: DuesCharge | None

    @property
    def state(self) -> str:
        """The colour: paid, in part, not at all; nothing charged."""
        if self.charge is None:
            return "none"
        return "ok" if self.charge.is_paid else "warn" if self.charge.paid else "bad"


@dataclass
class Line:
    """One member's year."""

    member: Member
    cells: list[Cell]
    due: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    url: str = ""

    @property
    def owed(self) -> Decimal:
        """What is still to pay, month by month: what was paid too much in one month settles no other."""
        return sum((cell.charge.owed for cell in self.cells if cell.charge), Decimal(0))


@dataclass
class Statement:
    """A branch's year, or one member's: lines, and the sums due and paid of each month."""

    year: Period
    lines: list[Line]
    url: str
    months: list[tuple[Period, Decimal, Decimal]] = field(default_factory=list)

    @property
    def due(self) -> Decimal:
        """Sum due."""
        return sum((line.due for line in self.lines), Decimal(0))

    @property
    def paid(self) -> Decimal:
        """Sum paid."""
        return sum((line.paid for line in self.lines), Decimal(0))

    @property
    def owed(self) -> Decimal:
        """Sum still to pay."""
        return sum((line.owed for line in self.lines), Decimal(0))


def year_of(day: date, text: str = "") -> Period:
    """Return the year asked for, else the one in which the day lies. Raises ValueError with a Chinese message."""
    year = Period.parse(text) if text else Period.containing(day, PeriodKind.YEAR)
    return Period(year.year, PeriodKind.YEAR)


def of_branch(branch: Organization, year: Period, user: User) -> Statement:
    """Return a branch's year: everybody who was charged in it. One query."""
    charges = DuesCharge.objects.visible_to(user).of(year).filter(branch=branch).select_related("member")
    by_member: dict[int, dict[date, DuesCharge]] = {}
    for charge in charges.order_by("member_id", "month"):
        by_member.setdefault(charge.member_id, {})[charge.month] = charge
    lines = [_line(next(iter(row.values())).member, row, year, branch) for row in by_member.values()]
    return _statement(lines, year, get_ledger("dues").url(Query(branch, year)))


def of_member(member: Member, year: Period, user: User) -> Statement:
    """Return a member's year, in all branches that the user may see. Two queries."""
    top = top_for(member, user)
    charges = DuesCharge.objects.visible_to(user).of(year).filter(member=member).select_related("branch")
    line = _line(member, {charge.month: charge for charge in charges}, year, top)
    return _statement([line], year, line.url)


def _line(member: Member, row: dict[date, DuesCharge], year: Period, top: Organization | None) -> Line:
    cells = [Cell(month, row.get(month.start)) for month in year.months()]
    due = sum((charge.due for charge in row.values()), Decimal(0))
    paid = sum((charge.paid for charge in row.values()), Decimal(0))
    return Line(member, cells, due, paid, get_ledger("dues").url(Query(top, year, filters={"member": str(member.pk)})))


def _statement(lines: list[Line], year: Period, url: str) -> Statement:
    statement = Statement(year, lines, url)
    for place, month in enumerate(year.months()):
        charges = [charge for line in lines if (charge := line.cells[place].charge)]
        due, paid = (sum((getattr(c, name) for c in charges), Decimal(0)) for name in ("due", "paid"))
        statement.months.append((month, due, paid))
    return statement


# a month, branch by branch


@dataclass(frozen=True)
class Collection:
    """One branch's month: how many are charged, sums in yuan, how many owe, and how far it has come."""

    branch: Organization
    month: Period
    charged: int
    due: Decimal
    paid: Decimal
    unpaid: int
    is_closed: bool

    @property
    def state(self) -> tuple[str, str]:
        """The colour and the word."""
        if self.is_closed:
            return "none", "已封账"
        if not self.charged:
            return "warn", "未生成"
        return ("warn", "收缴中") if self.unpaid else ("ok", "已缴清")

    @property
    def url(self) -> str:
        """The rows behind its numbers."""
        return get_ledger("dues").url(Query(self.branch, self.month))

    @property
    def unpaid_url(self) -> str:
        """The rows of those who owe."""
        return get_ledger("dues").url(Query(self.branch, self.month, filters={"state": "unpaid"}))


def branches_of(organization: Organization, month: Period, user: User) -> list[Organization]:
    """Return the branches below an organisation that exist on the month's last day, in the order of the tree."""
    seen = Organization.objects.visible_to(user).under(organization).branches()
    return list(seen.filter(live_on(month.end)).order_by("path"))


def collections(branches: Sequence[Organization], month: Period) -> list[Collection]:
    """Return the month of each branch. Two queries."""
    ids = [branch.pk for branch in branches]
    rows = DuesCharge.objects.filter(branch__in=ids, month=month.start).order_by().values("branch_id")
    sums: dict[int, Any] = {
        row["branch_id"]: row
        for row in rows.annotate(
            n=Count("pk"), sum_due=Sum("due"), sum_paid=Sum("paid"), unpaid=Count("pk", filter=UNPAID)
        )
    }
    closed = set(ClosedDues.objects.filter(branch__in=ids, month=month.start).values_list("branch_id", flat=True))
    found = []
    for branch in branches:
        row = sums.get(branch.pk, {"n": 0, "sum_due": 0, "sum_paid": 0, "unpaid": 0})
        due, paid = (Decimal(row[name]).quantize(CENT) for name in ("sum_due", "sum_paid"))
        found.append(Collection(branch, month, row["n"], due, paid, row["unpaid"], branch.pk in closed))
    return found


def total(rows: Iterable[Collection]) -> tuple[int, Decimal, Decimal, int]:
    """Return (charged, due, paid, unpaid) over branches."""
    kept = list(rows)
    return (
        sum(row.charged for row in kept),
        sum((row.due for row in kept), Decimal(0)),
        sum((row.paid for row in kept), Decimal(0)),
        sum(row.unpaid for row in kept),
    )


@dataclass(frozen=True)
class Waiting:
    """What of dues is still to do: unpaid charges of the month before, and earlier; whether this month is not begun."""

    last: Period
    late: int
    older: int
    is_next_due: bool


def waiting(user: User, organization: Organization, today: date) -> Waiting:
    """Return what waits below an organisation. One query."""
    now = Period.containing(today)
    last = now.previous()
    found = (
        DuesCharge.objects.visible_to(user)
        .under(organization)
        .order_by()
        .aggregate(
            late=Count("pk", filter=UNPAID & Q(month=last.start)),
            older=Count("pk", filter=UNPAID & Q(month__lt=last.start)),
            before=Count("pk", filter=Q(month=last.start)),
            now=Count("pk", filter=Q(month=now.start)),
        )
    )
    return Waiting(last, found["late"], found["older"], bool(found["before"]) and not found["now"])
