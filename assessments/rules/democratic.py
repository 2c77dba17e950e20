"""Rules about the yearly democratic review of members (R07, R08)."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from accounts.permissions import Right
from activities.democratic import by_branch, ungraded
from activities.models import DemocraticReview
from assessments.engine import Branches, Check, Form, Rule, Violation, register
from assessments.local import REVIEWED_PER_EXCELLENT
from assessments.models import Finding, Severity
from assessments.words import COMMAND, GUIDANCE, Words
from branches.models import Organization
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period
from ledgers.views import EVER

from .meetings import EDUCATION, REGULATION

NAMED = 3
"""Members that a finding names; of more it says how many."""


class ReviewRule(Rule):
    """Base: judged of a whole year, branch by branch."""

    every = Period.YEAR
    applies_to = Branches()
    filters: dict[str, str]

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the branch's reviews of the year, whenever they were held."""
        query = Query(organization, filters={"year": str(period.year), **self.filters})
        return f"{ledger.get('democratic-reviews').url(query)}&period={EVER}"


@register
class EverybodyReviewed(ReviewRule):
    """A grade counts wherever the member was graded: who moved during the year is not graded twice."""

    code = "R07"
    words = Words(
        heading="民主评议党员开展不到位",
        predicate="没有完成{year}年度民主评议党员，或者有正式党员没有评定等次",
        noun="个党支部",
        measure=("{owner}于{deadline}前组织民主评议，因故没有参加的补评；结果报{supervisor}审定，以评议汇总表为准。"),
        lead="做好民主评议",
        matter="健全民主制度",
        problem=GUIDANCE,
        plan=COMMAND,
    )
    title = "每年民主评议党员，正式党员都评定等次"
    source = f"{REGULATION}；{EDUCATION}第十八条"
    severity = Severity.SERIOUS
    remedy = "开展民主评议党员，给每名正式党员评定等次；已经评过的，在民主评议里补录。"
    filters = {"grade": "given"}

    def form(self, finding: Finding) -> Form:
        """Return the form that enters what is missing."""
        return Form("activities:democratic-sheet", Right.MEMBERS_EDIT, (finding.organization.code, finding.when.year))

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the branches with full members who have no grade of the year."""
        full = by_branch(check.memberships.full_on(check.day))
        missing: dict[int, list[str]] = defaultdict(list)
        rows: Any = ungraded(check.memberships, check.period.year, check.day)
        for branch, name in rows.order_by("member_id").values_list("branch_id", "member__name"):
            missing[branch].append(name)
        for branch in self.applies_to.among(check):
            lacking = missing.get(branch.pk)
            if not lacking:
                continue
            count = full[branch.pk]
            if len(lacking) == count:
                words = f"{count} 名正式党员都没有评定等次"
            else:
                many = f"等 {len(lacking)} 名" if len(lacking) > NAMED else ""
                words = f"{'、'.join(lacking[:NAMED])}{many}没有评定等次"
            yield Violation(self.code, branch, words, count - len(lacking), count)

    def case(self, violation: Violation) -> str:
        """Say how many have no grade, without their names."""
        return f"{Decimal(violation.required or 0) - Decimal(violation.value or 0)} 名正式党员没有评定等次"


@register
class FewExcellent(ReviewRule):
    code = "R08"
    words = Words(
        heading="民主评议等次把握不严",
        predicate="评定的优秀党员超过参评人数的{limit}",
        noun="个党支部",
        measure=("{owner}于{deadline}前召开支部委员会会议复核评议等次，按规定比例重新确定，结果报{supervisor}审定。"),
        lead="把准评议等次",
        matter="健全民主制度",
        problem=GUIDANCE,
        plan=COMMAND,
        limit=REVIEWED_PER_EXCELLENT,
    )
    title = "民主评议党员评为优秀的不超过本街道规定的比例"
    source = "本街道规定"
    remedy = "核对民主评议结果，按规定的比例重新确定优秀等次。"
    filters = {"grade": "excellent"}

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the branches with more excellent members than one of so many graded there."""
        held = DemocraticReview.objects.graded(check.period.year).filter(
            organization__in=[branch.pk for branch in check.branches]
        )
        numbers = held.order_by().values_list("organization_id")
        counted = numbers.annotate(n=Count("pk"), excellent=Count("pk", filter=Q(grade="excellent")))
        found = {pk: (n, excellent) for pk, n, excellent in counted}
        for branch in self.applies_to.among(check):
            graded, excellent = found.get(branch.pk, (0, 0))
            most = graded // check.limit(REVIEWED_PER_EXCELLENT, branch)
            if excellent > most:
                words = f"评定 {graded} 人，优秀 {excellent} 人，最多 {most} 人"
                yield Violation(self.code, branch, words, excellent, most)
