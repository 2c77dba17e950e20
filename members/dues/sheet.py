"""A branch's month of dues: who owes what, the sheet on which it is collected, and its closing.

Everything here is set-based: a handful of queries however many members the branch has.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils import timezone

from accounts.transactions import atomic
from branches.models import Organization
from ledgers import parsing
from ledgers.period import Period
from ledgers.recording import record_all
from members.models import ClosedDues, DuesBase, DuesCharge, Member, Membership

from .bands import Standard, standard

Method = DuesCharge.Method
MOST = Decimal(1_000_000)
"""An amount from which on somebody has typed too many digits."""


class Debtor(NamedTuple):
    """Somebody in the branch that month, with what their dues are reckoned from."""

    member: Member
    base: Decimal | None
    employment: str

    @property
    def standard(self) -> Standard | None:
        """What they owe; None where the base is missing."""
        return standard(self.base, self.employment)


class Made(NamedTuple):
    """What `generate` did: new charges, charges reckoned anew, members whose base is missing."""

    new: int
    renewed: int
    without_base: int


def reckoning_day(month: Period) -> date:
    """Return the day as of which a month is reckoned: its last, or today in the running one."""
    return min(month.end, timezone.localdate())


def debtors(branch: Organization, month: Period) -> list[Debtor]:
    """Return the live members of the branch in that month, in the order of the register. Two queries."""
    day = reckoning_day(month)
    there = Membership.objects.in_force_on(day).filter(branch=branch)
    rows = DuesBase.objects.in_force_on(day).filter(member__in=there.values("member_id"))
    known = {pk: (base, employment) for pk, base, employment in rows.values_list("member_id", "base", "employment")}
    people = there.select_related("member").only("employment", "member__name").order_by("member_id")
    return [Debtor(one.member, *known.get(one.member_id, (None, one.employment))) for one in people]


def is_closed(branch: Organization, month: Period) -> bool:
    """Say whether the branch's month is closed."""
    return ClosedDues.objects.filter(branch=branch, month=month.start).exists()


@atomic
def generate(branch: Organization, month: Period) -> Made:
    """Charge every live member of that month who is not charged yet, and reckon anew what is unpaid on an old base.

    Pressed twice it changes nothing. Raises ValueError, in Chinese, for a month to come and for a closed one.
    """
    if month.start > timezone.localdate():
        raise ValueError(f"{month.label}还没有到，到时再生成")
    list(Organization.objects.filter(pk=branch.pk).select_for_update(no_key=True).values_list("pk"))  # one at a time
    if is_closed(branch, month):
        raise ValueError(f"{month.label}已经封账，不能再生成")
    people = debtors(branch, month)
    held = {
        charge.member_id: charge
        for charge in DuesCharge.objects.select_related("member", "branch").filter(
            Q(branch=branch) | Q(member__in=[one.member for one in people]), month=month.start
        )
    }
    new, renewed, without = [], [], 0
    for one in people:
        owes, charge = one.standard, held.get(one.member.pk)
        if owes is None:
            without += charge is None
        elif charge is None:
            state = {"base": one.base, "employment": one.employment, "due": owes.least}
            new.append(DuesCharge(member=one.member, branch=branch, month=month.start, **state))
        elif charge.branch_id == branch.pk and _is_outdated(charge, one):
            charge.base, charge.employment, charge.due = one.base, one.employment, owes.least
            renewed.append(charge)
    record_all([*new, *renewed])
    return Made(len(new), len(renewed), without)


def _is_outdated(charge: DuesCharge, now: Debtor) -> bool:
    return not charge.paid and (charge.base, charge.employment) != (now.base, now.employment)


@atomic
def close(branch: Organization, month: Period) -> None:
    """Close a branch's month; closing it twice changes nothing. Raises ValueError, in Chinese, while it is running."""
    if month.end >= timezone.localdate():
        raise ValueError(f"{month.label}还没有结束，下个月再封账")
    list(Organization.objects.filter(pk=branch.pk).select_for_update(no_key=True).values_list("pk"))
    if not is_closed(branch, month):
        ClosedDues(branch=branch, month=month.start).record("close-period")


# the sheet


@dataclass
class Line:
    """One row of the sheet: the charge, what stands in its five inputs, and what is wrong there."""

    charge: DuesCharge
    shown: dict[str, str]
    hint: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    newest: str = ""
    """After a conflict: what somebody else has saved meanwhile."""

    @property
    def was(self) -> str:
        """The version and the values as the page shows them, sent along so that only what was touched is saved."""
        return "|".join([str(self.charge.version), *_shown(self.charge).values()])

    @property
    def cells(self) -> Iterator[tuple[str, str, str]]:
        """Yield (field, value, error) of each input, in order."""
        for name, value in self.shown.items():
            yield name, value, self.errors.get(name, "")


def _shown(charge: DuesCharge) -> dict[str, str]:
    return {
        "due": f"{charge.due:.2f}",
        "paid": f"{charge.paid:.2f}" if charge.paid else "",
        "paid_on": charge.paid_on.isoformat() if charge.paid_on else "",
        "method": charge.method,
        "note": charge.note,
    }


class Sheet:
    """The charges of one branch and month. With `lock` they are locked for the transaction that saves them."""

    def __init__(self, branch: Organization, month: Period, *, lock: bool = False) -> None:
        self.branch, self.month = branch, month
        self.closed = ClosedDues.objects.filter(branch=branch, month=month.start).select_related("updated_by").first()
        rows = DuesCharge.objects.filter(branch=branch, month=month.start).select_related(
            "member", "branch", "updated_by"
        )
        if lock:
            rows = rows.select_for_update(of=("self",), no_key=True)
        self.people = debtors(branch, month)
        now = {one.member.pk: one for one in self.people}
        self.lines = [
            Line(charge, _shown(charge), _hint(charge, now.get(charge.member_id)))
            for charge in rows.order_by("member_id")
        ]
        self.changed: list[tuple[DuesCharge, dict[str, Any]]] = []

    @property
    def charges(self) -> list[DuesCharge]:
        """The charges, in the order of the register."""
        return [line.charge for line in self.lines]

    @property
    def due(self) -> Decimal:
        """Sum due."""
        return sum((charge.due for charge in self.charges), Decimal(0))

    @property
    def paid(self) -> Decimal:
        """Sum paid."""
        return sum((charge.paid for charge in self.charges), Decimal(0))

    @property
    def unpaid(self) -> int:
        """Members who have not paid in full."""
        return sum(not charge.is_paid for charge in self.charges)

    @property
    def uncharged(self) -> list[Debtor]:
        """Members of that month who are not on the sheet though their dues are known."""
        return [one for one in self._missing if one.standard is not None]

    @property
    def without_base(self) -> list[Debtor]:
        """Members of that month who are not on the sheet because their base is missing."""
        return [one for one in self._missing if one.standard is None]

    @property
    def _missing(self) -> list[Debtor]:
        charged = {charge.member_id for charge in self.charges} | self._charged_elsewhere
        return [one for one in self.people if one.member.pk not in charged]

    @property
    def _charged_elsewhere(self) -> set[int]:
        if not hasattr(self, "_elsewhere"):
            rows = DuesCharge.objects.filter(month=self.month.start, member__in=[one.member for one in self.people])
            self._elsewhere = set(rows.exclude(branch=self.branch).values_list("member_id", flat=True))
        return self._elsewhere

    def read(self, data: Mapping[str, str]) -> bool:
        """Take what was typed; say whether all of it can be saved. What nobody touched stays as it is."""
        fill = bool(data.get("fill"))
        day, method = self._payment(data)
        for line in self.lines:
            version, *before = (*str(data.get(f"was-{line.charge.pk}", "")).split("|", 5), "", "", "", "", "")[:6]
            typed = {
                name: str(data.get(f"{name}-{line.charge.pk}", old)).strip()
                for name, old in zip(line.shown, before, strict=True)
            }
            if version and (fill or list(typed.values()) != before):
                self._take(line, version, typed, day, method, fill)
        return not any(line.errors for line in self.lines)

    def _payment(self, data: Mapping[str, str]) -> tuple[date, str]:
        """Return the day and method for payments that name none."""
        try:
            day = date.fromisoformat(str(data.get("day", "")))
        except ValueError:
            day = timezone.localdate()
        method = str(data.get("how", ""))
        return min(day, timezone.localdate()), method if method in Method.values else ""

    def _take(self, line: Line, version: str, typed: dict[str, str], day: date, method: str, fill: bool) -> None:
        charge = line.charge
        line.shown = typed
        values = _values(line, day, method)
        if line.errors:
            return
        if fill and not values["paid"]:  # what was paid in part was typed by somebody, and stays
            values |= {"paid": values["due"], "paid_on": values["paid_on"] or day, "method": values["method"] or method}
        changes = {name: value for name, value in values.items() if getattr(charge, name) != value}
        if changes and version != str(charge.version):
            who = charge.updated_by.name if charge.updated_by else "其他人"
            now = _shown(charge)
            line.newest = f"应缴 {now['due']}，实缴 {now['paid'] or '0.00'} {now['paid_on']}"
            line.errors["due"] = f"{who}刚刚改过这一行，最新是：{line.newest}。再保存一次就以您填写的为准"
        elif changes:
            self.changed.append((charge, changes))

    def write(self) -> int:
        """Save what was read, with its trace, and return how many rows changed."""
        for charge, values in self.changed:
            for name, value in values.items():
                setattr(charge, name, value)
        record_all([charge for charge, _ in self.changed])
        return len(self.changed)


def _hint(charge: DuesCharge, now: Debtor | None) -> str:
    """Return what to say where the amount is not what the rule asks for."""
    if now is not None and now.standard is not None and _is_outdated(charge, now):
        return f"基数已变，按标准 {now.standard}"
    owes = standard(charge.base, charge.employment)
    return f"按标准 {owes}" if owes is not None and not owes.allows(charge.due) else ""


def _values(line: Line, day: date, method: str) -> dict[str, Any]:
    """Return the typed values, with what is wrong put on the line."""
    typed = line.shown
    values: dict[str, Any] = {}
    for name in ("due", "paid"):
        try:
            amount = parsing.decimal(typed[name])
        except parsing.Unparsable as error:
            line.errors[name] = str(error)
            continue
        if amount is None and name == "due":
            line.errors[name] = "请填应缴金额；不用缴的填 0"
        elif amount is not None and not 0 <= amount < MOST:
            line.errors[name] = "金额应在 0 到 100 万元之间"
        values[name] = amount or Decimal(0)
    try:
        values["paid_on"] = parsing.date(typed["paid_on"])
    except parsing.Unparsable as error:
        line.errors["paid_on"] = str(error)
    if (paid_on := values.get("paid_on")) and paid_on > timezone.localdate():
        line.errors["paid_on"] = "缴纳日期在今天之后"
    if typed["method"] not in ("", *Method.values):
        line.errors["method"] = "请从列表里选"
    if len(typed["note"]) > 100:
        line.errors["note"] = "备注最多 100 个字"
    over = values.get("paid", Decimal(0)) - values.get("due", Decimal(0))
    if over > 0 and not line.errors and not typed["note"]:
        line.errors["paid"] = f"比应缴多 {over:.2f} 元，请核对；确实多缴的，请在备注里写明"
    values |= {"method": typed["method"], "note": typed["note"]}
    if values.get("paid"):
        values["paid_on"] = values.get("paid_on") or day
        values["method"] = values["method"] or method
    else:  # nothing paid: no day and no method
        values["paid_on"], values["method"] = None, ""
    return values
