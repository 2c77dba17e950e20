"""Rules about elections and votes, and about the units of joint branches (R15, R18)."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from django.db.models import Exists, OuterRef

from activities.models import Activity, Vote
from activities.quorums import Outcome, with_turnout
from assessments.engine import About, Check, OfKind, Rule, Violation, register
from assessments.models import Severity
from assessments.words import CAPACITY, COMMAND, GUIDANCE, STRENGTH, Words
from branches.models import MOST_UNITS, Candidate, Election, JointUnit, Organization
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period

from .meetings import REGULATION

ELECTIONS = "《中国共产党基层组织选举工作条例》"


@register
class VoteIsValid(Rule):
    """Elections as the tree keeps them, and votes of general meetings; an election noted as both counts once."""

    code = "R15"
    words = Words(
        heading="表决和选举程序不规范",
        predicate="有会议表决或者选举的到会人数、赞成票数没有达到规定",
        noun="个党支部",
        measure=("{owner}于{deadline}前对有关事项重新召开会议表决，{supervisor}派员到会指导，以会议记录和计票单为准。"),
        lead="规范表决选举",
        matter="健全民主制度",
        problem=GUIDANCE,
        plan=COMMAND,
    )
    title = "表决时到会不少于半数、选举时不少于五分之四，赞成超过半数才算通过、当选"
    source = f"{REGULATION}；{ELECTIONS}"
    about = About.RECORDS
    severity = Severity.SERIOUS
    remedy = (
        "到会人数或票数不够的，表决、选举结果无效，应重新召开会议，选举还要报告上级党组织；数字登错的，改正登记或考勤。"
    )

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the organisations with an election or a vote of the period that does not hold, each with its latest."""
        wrong: dict[int, tuple[date, Violation]] = {}
        count: Counter[int] = Counter()
        for day, violation in [*self._elections(check), *self._votes(check)]:
            count[violation.organization.pk] += 1
            held = wrong.get(violation.organization.pk)
            if held is None or held[0] <= day:
                wrong[violation.organization.pk] = day, violation
        yield from (replace(violation, records=count[pk]) for pk, (_, violation) in wrong.items())

    def case(self, violation: Violation) -> str:
        """Say how often, without the names of candidates."""
        return f"{violation.records} 次表决或者选举不符合规定"

    def _elections(self, check: Check) -> Iterator[tuple[date, Violation]]:
        """Yield the elections that do not hold, with their days, the oldest first."""
        span = (check.period.start, check.day)
        rows = Election.objects.under(check.organization, check.day).filter(on__range=span).order_by("on", "pk")
        if not (held := list(rows)):
            return
        elected = Candidate.objects.filter(elected=True, election__in=rows)
        votes: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for election_id, name, count in elected.order_by("pk").values_list("election_id", "name", "votes"):
            votes[election_id].append((name, count))
        for election in held:
            organization = check.by_id[election.organization_id]
            if check.is_temporary(organization.pk):
                continue
            if not election.is_quorate:
                least = election.turnout_needed
                detail = (
                    f"{election.on} 选举应到 {election.voters} 人，实到 {election.present} 人，至少应到会 {least} 人"
                )
                yield election.on, Violation(self.code, organization, detail, election.present, least)
                continue
            least = election.present // 2 + 1
            short = [(name, count) for name, count in votes[election.pk] if count < least]
            if short:
                names = "、".join(f"{name} {count} 票" for name, count in short)
                detail = f"{election.on} 选举实到 {election.present} 人，{names}，没有超过半数"
                yield election.on, Violation(self.code, organization, detail, min(c for _, c in short), least)

    def _votes(self, check: Check) -> Iterator[tuple[date, Violation]]:
        """Yield the votes that do not hold, with their days, the oldest first. One query."""
        meetings = {"activity__date__range": (check.period.start, check.day), "activity__kind": Activity.Kind.GENERAL}
        kept = Election.objects.filter(organization=OuterRef("activity__organization"), on=OuterRef("activity__date"))
        rows = (
            Vote.objects.under(check.organization, check.day)
            .filter(activity__status__in=Activity.Status.counted(), **meetings)
            .exclude(Exists(kept), kind=Vote.Kind.ELECTION)
        )
        for vote in with_turnout(rows).order_by("activity__date", "pk"):
            outcome = Outcome.of(vote)
            organization = check.by_id[vote.activity.organization_id]
            if vote.kind == Vote.Kind.ELECTION and check.is_temporary(organization.pk):
                continue
            if outcome.fault:
                detail = f"{vote.activity.date} 表决“{vote.matter[:40]}”：{outcome.fault}"
                yield vote.activity.date, Violation(self.code, organization, detail, outcome.value, outcome.required)

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the organisation's own elections of the period, or of its votes where those fail."""
        slug = "elections"
        if Vote.objects.filter(activity__organization=organization).exists():
            check = Check(organization, period)
            latest = {
                name: [day for day, _ in found]
                for name, found in (("elections", self._elections(check)), ("votes", self._votes(check)))
            }
            slug = max(latest, key=lambda name: latest[name][-1:])
        return ledger.get(slug).url(Query(organization, period, filters={"own": "1"}))


@register
class JointBranchCoversFewUnits(Rule):
    code = "R18"
    words = Words(
        heading="联合党支部覆盖单位偏多",
        predicate="覆盖单位超过5个",
        noun="个联合党支部",
        measure=(
            "{owner}于{deadline}前摸清各单位党员情况，具备条件的单独组建，提出调整方案报街道党工委审批，以批复为准。"
        ),
        lead="调整联合支部",
        matter="规范支部设置",
        problem=CAPACITY,
        plan=STRENGTH,
        days=90,
    )
    title = f"联合党支部覆盖的单位一般不超过 {MOST_UNITS} 个"
    source = REGULATION
    remedy = "符合条件的单位单独建立党支部，或者调整到别的联合党支部。"
    applies_to = OfKind((Organization.Kind.JOINT_BRANCH,))

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the joint branches with more units on the last day."""
        count: dict[int, int] = defaultdict(int)
        units = JointUnit.objects.under(check.organization, check.day).covered_on(check.day)
        for organization_id in units.order_by().values_list("organization_id", flat=True):
            count[organization_id] += 1
        for branch in self.applies_to.among(check):
            if count[branch.pk] > MOST_UNITS:
                detail = f"覆盖 {count[branch.pk]} 个单位，多于 {MOST_UNITS} 个"
                yield Violation(self.code, branch, detail, count[branch.pk], MOST_UNITS)

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the units on the period's last day."""
        return ledger.get("joint-units").url(Query(organization, on=period.as_of()))
