"""The street's own rule on who stays away (L01). Codes that open with L are local: the rulebook has none for them."""

from collections.abc import Iterator

from activities.absence import RUNNING, runs_of_absence
from activities.facts import MEETINGS
from assessments.engine import About, Check, Rule, Violation, register
from assessments.words import CONDUCT, GUIDANCE, Words
from branches.models import Organization
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period
from ledgers.views import EVER


@register
class NotAbsentThriceRunning(Rule):
    """A run counts where its last absence lies in the period and the member has neither come nor been excused since."""

    code = "L01"
    words = Words(
        heading="有的党员多次缺席组织生活",
        predicate="连续{limit}缺席组织生活，没有请假",
        noun="名党员",
        measure=(
            "{owner}于{deadline}前由书记同本人谈话，确有困难的办理请假或者送学上门；"
            "谈话情况报{supervisor}，{supervisor}下季度复核到会情况。"
        ),
        lead="帮助缺席党员",
        matter="严肃组织生活",
        problem=GUIDANCE,
        plan=CONDUCT,
        limit="3次",
    )
    title = f"党员不连续 {RUNNING} 次缺席组织生活"
    source = "本街道规定"
    about = About.PEOPLE
    remedy = "同本人谈一次话，问清原因；确有困难的补办请假，考勤登记有误的改正考勤。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the live members with the meetings they missed one after the other."""
        runs = runs_of_absence(check.organization, check.day)
        lately = {pk: run for pk, run in runs.items() if run.last >= check.period.start}
        if not lately:
            return
        asked = check.memberships.exclude(member__in=check.exempted)
        for branch_id, member_id in asked.filter(member__in=list(lately)).values_list("branch_id", "member_id"):
            run = lately[member_id]
            detail = f"{run.first} 至 {run.last} 连续 {run.count} 次缺席，没有请假"
            yield Violation(self.code, check.by_id[branch_id], detail, run.count, RUNNING, member_id)

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the member's absences."""
        filters = {**MEETINGS, "state": "absent"} | ({"member": str(member_id)} if member_id else {})
        return f"{ledger.get('attendance').url(Query(organization, filters=filters))}&period={EVER}"
