"""Rules about what residents ask for (R54)."""

from collections.abc import Iterator

from django.db.models import Count

from activities.models import Concern
from activities.models.concerns import late_between, overdue_on
from assessments.engine import About, Check, Rule, Violation, register
from assessments.local import ANSWER_DAYS
from assessments.words import CONDUCT, COORDINATION, Words
from branches.models import Organization
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period


@register
class ConcernsAnswered(Rule):
    """The limit in working days is that of the concern's street; it stands on the concern itself."""

    code = "R54"
    words = Words(
        heading="群众诉求答复不及时",
        predicate="超过{limit}没有答复",
        noun="件群众诉求",
        measure=(
            "{owner}于{deadline}前逐件答复诉求人；需要部门解决的报街道协调，暂时解决不了的当面说明；"
            "街道党建办电话回访。"
        ),
        lead="答复群众诉求",
        matter="办好群众诉求",
        problem=COORDINATION,
        plan=CONDUCT,
        limit=ANSWER_DAYS,
        days=10,
    )
    title = "群众诉求在规定的工作日内答复"
    source = "本街道规定"
    about = About.RECORDS
    remedy = "尽快答复居民并登记答复；已经答复的，补登答复日期；办不了的，上报街道协调。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield who left concerns unanswered beyond the limit, or answered them too late in the period; how many."""
        late = Concern.objects.under(check.organization, check.day).filter(late_between(check.period.start, check.day))
        counted = (
            late.order_by()
            .values_list("organization_id")
            .annotate(Count("pk"), waiting=Count("pk", filter=overdue_on(check.day)))
        )
        for organization, number, waiting in counted:
            words = [f"{waiting} 件诉求超过期限没有答复"] if waiting else []
            words += [f"{number - waiting} 件诉求答复超过期限"] if number > waiting else []
            yield Violation(self.code, check.by_id[organization], "，".join(words), number, 0, records=number)

    def opened(self, organization: Organization, period: Period) -> tuple[str, Query]:
        """Return the concerns of the subtree that broke the limit."""
        return "concerns", Query(organization, period, None, {"event": "late"})

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the concerns that broke the limit."""
        return ledger.get("concerns").url(Query(organization, period, None, {"event": "late", "own": "1"}))
