"""Rules about elections and about the units of joint branches (R15, R18)."""

from collections import defaultdict
from collections.abc import Iterator

from assessments.engine import Check, Rule, Violation, register
from assessments.models import Severity
from branches.models import MOST_UNITS, Candidate, Election, JointUnit, Organization
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period

from .meetings import REGULATION

ELECTIONS = "《中国共产党基层组织选举工作条例》"


@register
class ElectionIsValid(Rule):
    code = "R15"
    title = "选举到会不少于应到的五分之四，当选的得票超过实到的半数"
    source = f"{REGULATION}；{ELECTIONS}"
    severity = Severity.SERIOUS
    remedy = "到会人数或得票不够的，选举结果无效，应报告上级党组织，重新组织选举；数字登错的，改正选举登记。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the organisations with an election of the period that does not hold, each with its latest one."""
        span = (check.period.start, check.day)
        rows = Election.objects.under(check.organization, check.day).filter(on__range=span).order_by("on", "pk")
        if not (held := list(rows)):
            return
        elected = Candidate.objects.filter(elected=True, election__in=rows)
        votes: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for election_id, name, count in elected.order_by("pk").values_list("election_id", "name", "votes"):
            votes[election_id].append((name, count))
        wrong: dict[int, Violation] = {}
        for election in held:
            organization = check.by_id[election.organization_id]
            if not election.is_quorate:
                least = election.turnout_needed
                detail = (
                    f"{election.on} 选举应到 {election.voters} 人，实到 {election.present} 人，至少应到会 {least} 人"
                )
                wrong[organization.pk] = Violation(self.code, organization, detail, election.present, least)
                continue
            least = election.present // 2 + 1
            short = [(name, count) for name, count in votes[election.pk] if count < least]
            if short:
                names = "、".join(f"{name} {count} 票" for name, count in short)
                detail = f"{election.on} 选举实到 {election.present} 人，{names}，没有超过半数"
                wrong[organization.pk] = Violation(self.code, organization, detail, min(c for _, c in short), least)
        yield from wrong.values()

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the organisation's own elections in the period."""
        return ledger.get("elections").url(Query(organization, period, filters={"own": "1"}))


@register
class JointBranchCoversFewUnits(Rule):
    code = "R18"
    title = f"联合党支部覆盖的单位一般不超过 {MOST_UNITS} 个"
    source = REGULATION
    remedy = "符合条件的单位单独建立党支部，或者调整到别的联合党支部。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the joint branches with more units on the last day."""
        count: dict[int, int] = defaultdict(int)
        units = JointUnit.objects.under(check.organization, check.day).covered_on(check.day)
        for organization_id in units.order_by().values_list("organization_id", flat=True):
            count[organization_id] += 1
        for branch in check.branches:
            if branch.kind == Organization.Kind.JOINT_BRANCH and count[branch.pk] > MOST_UNITS:
                detail = f"覆盖 {count[branch.pk]} 个单位，多于 {MOST_UNITS} 个"
                yield Violation(self.code, branch, detail, count[branch.pk], MOST_UNITS)

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the units on the period's last day."""
        return ledger.get("joint-units").url(Query(organization, on=period.end))
