"""The rule about what is to be done by a day (R53)."""

from collections import defaultdict
from collections.abc import Iterator

from assessments.engine import About, Check, Rule, Violation, register
from assessments.models import Measure
from assessments.words import CONDUCT, COORDINATION, Words
from branches.models import Organization
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period

NAMED = 2
OVERDUE = {"state": "overdue"}


@register
class MeasuresInTime(Rule):
    """Tasks and rectifications alike; one that its owner has reported as done in time waits for nobody else."""

    code = "R53"
    words = Words(
        heading="有的任务和整改事项推进迟缓",
        predicate="超过时限没有完成",
        noun="项任务和整改事项",
        measure=(
            "{owner}于{deadline}前完成逾期事项并报送佐证，确有困难的书面说明并重新明确时限；"
            "分管领导每周调度，仍未完成的通报。"
        ),
        lead="盯办逾期事项",
        matter="压实工作责任",
        problem=COORDINATION,
        plan=CONDUCT,
    )
    title = "责任清单任务和整改事项按期完成"
    source = "本街道工作要求"
    remedy = "尽快完成并报进展；时限之前可以申请延期，过了时限写明没有完成的原因。"
    about = About.RECORDS

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield who has some that are past their day: how many, and the first of them."""
        rows = Measure.objects.overdue_on(check.day).under(check.organization, check.day).order_by("due_on", "pk")
        found: dict[int, list[str]] = defaultdict(list)
        for place, title in rows.values_list("organization_id", "title"):
            found[place].append(title)
        for place, titles in found.items():
            named = "、".join(f"“{title[:30]}”" for title in titles[:NAMED])
            more = f"等 {len(titles)} 项" if len(titles) > NAMED else ""
            detail = f"{named}{more}超过时限没有完成"
            yield Violation(self.code, check.by_id[place], detail, len(titles), 0, records=len(titles))

    def opened(self, organization: Organization, period: Period) -> tuple[str, Query]:
        """Return what is overdue in the subtree."""
        return "measures", Query(organization, on=period.as_of(), filters=OVERDUE)

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of what the organisation itself has overdue."""
        query = Query(organization, on=period.as_of(), filters=OVERDUE | {"own": "1"})
        return ledger.get("measures").url(query)
