"""Rules about how a branch is made up and led: its size, its committee, the term (R10-R14)."""

from collections.abc import Iterator
from datetime import date

from dateutil.relativedelta import relativedelta

from accounts.permissions import Right
from assessments.engine import AtLeast, AtMost, Branches, Check, Form, OfKind, Rule, Violation, of_place, register
from assessments.models import Finding, Severity
from assessments.words import CAPACITY, STRENGTH, Words
from branches.models import Organization
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period

from .meetings import REGULATION

WARNED_BEFORE = relativedelta(months=6)


@register
class ThreeFullMembers(Rule):
    code = "R10"
    words = Words(
        heading="党支部设置不够规范",
        predicate="正式党员不足3名",
        noun="个党支部",
        measure=(
            "{owner}于{deadline}前提出调整意见，就近并入其他党支部或者组建联合党支部，报街道党工委审批，以批复为准。"
        ),
        lead="规范支部设置",
        matter="规范支部设置",
        problem=CAPACITY,
        plan=STRENGTH,
        days=60,
    )
    title = "党支部至少有 3 名正式党员"
    source = f"《中国共产党章程》；{REGULATION}"
    severity = Severity.SERIOUS
    remedy = "与相邻的党支部合并，或者改建联合党支部；名册有漏登的，补录党员。"
    applies_to = Branches(temporary=False)
    holds = AtLeast("members.full", 3)


@register
class FiftyMembers(Rule):
    code = "R11"
    words = Words(
        heading="党支部规模偏大",
        predicate="党员人数超过50名",
        noun="个党支部",
        measure=(
            "{owner}于{deadline}前按居住区域或者网格提出分设方案，报街道党工委审批，以批复和调整后的党员名册为准。"
        ),
        lead="合理划分支部",
        matter="规范支部设置",
        problem=CAPACITY,
        plan=STRENGTH,
        days=60,
    )
    title = "党支部党员一般不超过 50 名"
    source = REGULATION
    remedy = "研究分设党支部，或者升格为党总支，报上级党组织审批。"
    applies_to = Branches()
    holds = AtMost("members.total", 50)


class CommitteeRule(Rule):
    """Base of the rules about the committee in office on the last day."""

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the committee's seats on the period's last day."""
        return ledger.get("committees").url(Query(organization, on=period.as_of()))


@register
class CommitteeInOffice(CommitteeRule):
    code = "R12"
    words = Words(
        heading="支部委员会设置不规范",
        predicate="应设支部委员会而没有设立，或者委员人数不符合规定",
        noun="个党支部",
        measure=("{owner}于{deadline}前召开支部党员大会选举或者补选委员，会前向{supervisor}请示，以选举结果批复为准。"),
        lead="配齐支部班子",
        matter="规范支部设置",
        problem=CAPACITY,
        plan=STRENGTH,
        days=60,
    )
    title = "正式党员 7 名以上的党支部设 3 至 7 人的支部委员会"
    source = REGULATION
    remedy = "选举产生支部委员会或者补选委员；已经选举的，在支委会台账里登记。"
    applies_to = Branches(full_members_at_least=7, temporary=False)

    def form(self, finding: Finding) -> Form:
        """Return the form that enters what is missing."""
        return Form("branches:committee-create", Right.ORGANIZATIONS_EDIT, query=of_place(finding))

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the larger branches without a committee, or with one too small or too large."""
        committees = check.committees
        for branch in self.applies_to.among(check):
            committee = committees.get(branch.pk)
            if committee is None:
                yield Violation(self.code, branch, "没有登记在任的支部委员会", 0, 3)
                continue
            held = check.people_seated[committee.pk]
            if not 3 <= held <= 7:
                detail = f"{committee.number}支部委员会在任 {held} 人，应为 3 至 7 人"
                yield Violation(self.code, branch, detail, held, 3 if held < 3 else 7)


class TermRule(CommitteeRule):
    """Base of the rules about the term: branches and community committees that have a committee.

    Not temporary branches: the organisation above appoints who leads them.
    The term is what the register says of the committee (5 years in communities and villages, otherwise 3). Its last
    day is the anniversary of the election, 29 February falling on the 28th. Who has no committee is R12's matter.
    """

    applies_to = OfKind(
        (Organization.Kind.BRANCH, Organization.Kind.JOINT_BRANCH, Organization.Kind.COMMUNITY_COMMITTEE)
    )

    def terms(self, check: Check) -> Iterator[tuple[Organization, date]]:
        """Yield organisation and the last day of its committee's term."""
        committees = check.committees
        for organization in self.applies_to.among(check):
            if organization.pk in committees:
                yield organization, committees[organization.pk].term_ends


@register
class TermNotOver(TermRule):
    code = "R13"
    words = Words(
        heading="换届不及时",
        predicate="任期届满没有按期换届",
        noun="个党组织",
        measure=(
            "{owner}于{deadline}前完成换届；确需延期的，书面报{supervisor}批准并明确时间。"
            "街道党建办逐个指导，以批复为准。"
        ),
        lead="按期换届",
        matter="做好换届工作",
        problem=CAPACITY,
        plan=STRENGTH,
        days=60,
    )
    title = "委员会任期届满按期换届"
    source = REGULATION
    severity = Severity.SERIOUS
    remedy = "报上级党组织批准后尽快换届；已经换届的，在支委会台账里登记新一届。"

    def form(self, finding: Finding) -> Form:
        """Return the form that enters what is missing."""
        return Form("branches:committee-create", Right.ORGANIZATIONS_EDIT, query=of_place(finding))

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield who is past the term, with the days over it."""
        for organization, ends in self.terms(check):
            if ends < check.day:
                over = (check.day - ends).days
                yield Violation(self.code, organization, f"任期已于 {ends} 届满，逾期 {over} 天", over, 0)


@register
class TermEndsSoon(TermRule):
    code = "R14"
    words = Words(
        heading="换届准备需要抓紧",
        predicate="任期将在{limit}内届满",
        noun="个党组织",
        measure=(
            "{owner}于{deadline}前提出换届请示，做好人选酝酿和党员摸底；{supervisor}及时批复，"
            "街道党建办集中培训一次换届程序。"
        ),
        lead="做好换届准备",
        matter="做好换届工作",
        plan=STRENGTH,
        limit="6个月",
        days=60,
    )
    title = "委员会任期届满前 6 个月做好换届准备"
    source = "《关于党的基层组织任期的意见》"
    remedy = "向上级党组织报告换届时间，酝酿人选，做好换届准备。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield whose term runs out within 6 months, with the days left."""
        for organization, ends in self.terms(check):
            if ends - WARNED_BEFORE <= check.day <= ends:
                left = (ends - check.day).days
                yield Violation(self.code, organization, f"任期将于 {ends} 届满，还有 {left} 天", left)
