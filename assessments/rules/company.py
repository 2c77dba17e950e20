"""Rules about what members of a committee owe each other, and members in service their community (R09, R42)."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from accounts.permissions import Right
from assessments.engine import About, Check, Form, Rule, Violation, of_member, register
from assessments.models import Finding
from assessments.words import COMMAND, CONDUCT, COORDINATION, GUIDANCE, Words
from branches.models import CommitteeSeat
from ledgers.period import Period
from members.models import CommunityCheckIn, Member, Talk

from .meetings import EDUCATION, REGULATION

NAMED = 3
"""Colleagues that a finding names; of more it says how many."""


@register
class HeartToHeartTalks(Rule):
    """Judged of the committee in office on the last day; it does not matter which of the two is noted as the talker."""

    code = "R09"
    words = Words(
        heading="谈心谈话覆盖不全",
        predicate="没有按要求同其他委员和党员谈心谈话",
        noun="名支部委员",
        measure=(
            "{owner}于{deadline}前安排委员同未谈过的委员和党员逐一谈心，了解思想和困难；"
            "{supervisor}同书记谈一次，以谈话记录为准。"
        ),
        lead="开展谈心谈话",
        matter="健全民主制度",
        problem=GUIDANCE,
        plan=COMMAND,
    )
    title = "支委会成员之间、支委会成员同党员每年至少谈心谈话一次"
    source = f"{REGULATION}；{EDUCATION}第十九条"
    about = About.PEOPLE
    remedy = "安排谈心谈话并登记；已经谈过的，补录谈话时间和对象。"
    every = Period.YEAR

    def form(self, finding: Finding) -> Form:
        """Return the form that enters what is missing."""
        return Form("members:talk-create", Right.MEMBERS_EDIT, query=of_member(finding))

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield committee members with the talks they lack: each colleague, and one other member where there is any."""
        branches = {branch.pk for branch in check.branches}
        seats = CommitteeSeat.objects.held_on(check.day).under(check.organization, check.day)
        committees: dict[int, dict[int, str]] = defaultdict(dict)
        rows = seats.filter(member__isnull=False, committee__organization__in=branches).order_by("pk")
        for branch, member, name in rows.values_list("committee__organization_id", "member_id", "member__name"):
            committees[branch][member] = name
        partners = self._partners({pk for people in committees.values() for pk in people}, check)
        others = self._with_others(check, committees)
        for branch, people in committees.items():
            for member in people:
                met = partners[member]
                missing = [name for pk, name in people.items() if pk != member and pk not in met]
                lonely = branch in others and met <= people.keys()
                if missing or lonely:
                    required = len(people) - 1 + (branch in others)
                    done = required - len(missing) - lonely
                    words = self._words(missing, lonely)
                    yield Violation(self.code, check.by_id[branch], words, done, required, member_id=member)

    def _partners(self, leading: set[int], check: Check) -> dict[int, set[int]]:
        """Return committee member → everybody they talked with in the year; one query."""
        held = Talk.objects.heart_to_heart().under(check.organization, check.day)
        held = held.filter(date__range=(check.period.start, check.day), talker__isnull=False)
        found: dict[int, set[int]] = defaultdict(set)
        for talker, member in held.values_list("talker_id", "member_id").iterator(chunk_size=5000):
            if talker in leading:
                found[talker].add(member)
            if member in leading:
                found[member].add(talker)
        return found

    def _with_others(self, check: Check, committees: dict[int, dict[int, str]]) -> set[int]:
        """Return the branches that have a live member outside their committee."""
        leading = {pk for people in committees.values() for pk in people}
        rows = check.memberships.filter(branch__in=committees)
        return {branch for branch, pk in rows.values_list("branch_id", "member_id") if pk not in leading}

    def _words(self, missing: list[str], lonely: bool) -> str:
        said = []
        if missing:
            many = f"等 {len(missing)} 名委员" if len(missing) > NAMED else ""
            said.append(f"还没有同{'、'.join(missing[:NAMED])}{many}谈心谈话")
        if lonely:
            said.append("还没有同普通党员谈心谈话")
        return "；".join(said)


@register
class CheckedIn(Rule):
    code = "R42"
    words = Words(
        heading="在职党员到社区报到不充分",
        predicate="尚未到社区报到",
        noun="名在职党员",
        measure=(
            "{owner}于{deadline}前通知到人，组织在职党员到居住地社区报到，按专长认领岗位；"
            "街道党建办按季度向所在单位反馈。"
        ),
        lead="组织社区报到",
        matter="深化共驻共建",
        problem=COORDINATION,
        plan=CONDUCT,
    )
    title = "在职党员到社区报到"
    source = "本街道规定"
    about = About.PEOPLE
    remedy = "联系本人到居住地社区报到；已经报到的，在社区报到里登记。"

    def form(self, finding: Finding) -> Form:
        """Return the form that enters what is missing."""
        return Form("members:checkin-create", Right.MEMBERS_EDIT, query=of_member(finding))

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the live members in service without a standing check-in, but for who lives elsewhere or floats out."""
        standing = CommunityCheckIn.objects.standing_on(check.day).filter(member=OuterRef("member_id"))
        rows = check.memberships.filter(~Exists(standing), employment="in-service", is_floating=False)
        rows = rows.exclude(member__residence=Member.Residence.ELSEWHERE)
        for branch, member in rows.values_list("branch_id", "member_id"):
            yield Violation(self.code, check.by_id[branch], "在职，还没有到社区报到", 0, 1, member_id=member)
