"""Rules about Party dues (R32, R33)."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from assessments.engine import About, Check, Rule, Violation, register
from assessments.models import Severity
from assessments.words import CAPACITY, STRENGTH, Words
from ledgers.period import Period
from members.dues.arrears import MONTHS_IN_A_ROW, debts
from members.dues.bands import standard
from members.models import DuesCharge, DuesWaiver

from .meetings import EDUCATION

DUES = "《关于中国共产党党费收缴、使用和管理的规定》"


@register
class DuesNotLongUnpaid(Rule):
    code = "R32"
    words = Words(
        heading="党费收缴不及时",
        predicate="连续6个月以上没有交纳党费",
        noun="名党员",
        measure=(
            "{owner}于{deadline}前逐人谈话、弄清原因、限期补交；无正当理由拒不交纳的，"
            "按党章规定研究处理并报{supervisor}。"
        ),
        lead="收缴党费",
        matter="规范党费收缴",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = f"党员不得连续 {MONTHS_IN_A_ROW} 个月不交纳党费"
    source = f"《中国共产党章程》；{EDUCATION}第三十一条；{DUES}"
    about = About.PEOPLE
    severity = Severity.SERIOUS
    remedy = "向本人了解情况，督促补缴并登记；没有正当理由的，按党章规定处理。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the live members with so many months unpaid in a row, of months that are over by the last day."""
        running = Period.containing(check.day)
        last = running if running.end <= check.day and check.is_over(running) else running.previous()
        there = check.memberships
        owing = debts(there.values("member_id"), last.start, check.day)
        branches = dict(there.filter(member__in=list(owing)).values_list("member_id", "branch_id")) if owing else {}
        for member_id, debt in owing.items():
            if debt.is_too_long and member_id in branches and not check.is_temporary(branches[member_id]):
                months = "、".join(f"{month:%Y-%m}" for month in debt.months[-12:])
                detail = f"连续 {debt.in_a_row} 个月没有缴清党费，共欠 {debt.owed:.2f} 元（{months}）"
                branch = check.by_id[branches[member_id]]
                yield Violation(self.code, branch, detail, debt.in_a_row, MONTHS_IN_A_ROW - 1, member_id)


@register
class DuesByTheBand(Rule):
    """Reckoned from the base and employment that the month's charge itself was reckoned from."""

    code = "R33"
    words = Words(
        heading="党费核定不准确",
        predicate="交纳数额与规定标准不符，也没有少交、免交的审批",
        noun="名党员",
        measure=(
            "{owner}于{deadline}前逐人重新核定基数和比例，不足的补交；确有困难的按程序审批少交或者免交，"
            "核定表报{supervisor}。"
        ),
        lead="核准党费",
        matter="规范党费收缴",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "党费按规定的基数和比例核定"
    source = DUES
    about = About.PEOPLE
    remedy = "核对党费基数和就业状态，按规定比例改正应缴数额；已经封账的月份写明原因后更正。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield one for each member whose dues of some month of the period are not what the band says: the latest."""
        wrong: dict[int, tuple[int, date, Decimal, Decimal, str]] = {}
        waived = self._waived(check)
        count: dict[int, int] = {}
        span = (check.period.start, check.day)
        rows = DuesCharge.objects.under(check.organization, check.day).filter(month__range=span).order_by("month")
        for member_id, branch_id, month, base, employment, due in rows.values_list(
            "member_id", "branch_id", "month", "base", "employment", "due"
        ).iterator(chunk_size=5000):
            owes = standard(base, employment)
            if owes is None or owes.allows(due) or check.is_temporary(branch_id):
                continue
            if any(w.covers(month) and w.amount <= due < owes.least for w in waived[member_id]):
                continue  # less than the band, as decided
            count[member_id] = count.get(member_id, 0) + 1
            required = owes.least if due < owes.least else owes.most
            reckoned = f"按基数 {base} 元" if base is not None else "按规定"
            words = f"{month.year}年{month.month}月应缴登记为 {due} 元，{reckoned}应为 {owes} 元"
            wrong[member_id] = (branch_id, month, due, required, words)
        for member_id, (branch_id, _, due, required, words) in wrong.items():
            more = f"（共 {count[member_id]} 个月不符）" if count[member_id] > 1 else ""
            yield Violation(self.code, check.by_id[branch_id], words + more, due, required, member_id)

    def _waived(self, check: Check) -> dict[int, list[DuesWaiver]]:
        """Return member id → the decisions that they pay less in some month of the period."""
        found: dict[int, list[DuesWaiver]] = defaultdict(list)
        for waiver in DuesWaiver.objects.filter(date__lte=check.day):
            found[waiver.member_id].append(waiver)
        return found
