"""The ledger of ballots (测评台账): what was voted on, and what the votes came to. Votes come from slips: export only."""

from django.db.models import Q

from accounts.permissions import Right
from ledgers.ledger import Column, Filter, Ledger, field_filter, period_of, register

from ..models import Ballot


@register
class BallotsLedger(Ledger):
    """A ballot that still runs has no day, and stands in the list without a period."""

    slug = "ballots"
    title = "测评台账"
    group = "考核"
    about = "群众满意度、述职评议等无记名测评：扫码投票或者纸质票，一人一票，不留谁投了什么。结束以后才看得到结果。"
    unit = "次"
    model = Ballot
    date = "closed_on"
    order = ("-period", "organization__path")
    right = Right.ASSESSMENTS_VIEW
    edit_right = Right.ASSESSMENTS_REVIEW
    page = ("assessments:ballot", "pk")
    create_page = "assessments:ballot-create"
    columns = (
        Column("组织编码", "organization__code", "code", width=12),
        Column("组织名称", "organization__name", width=24),
        Column("类型", "kind", "choice", choices=Ballot.Kind.choices, width=16),
        Column("题目", "title", width=36),
        Column("时期", "period", "period", width=14),
        Column("结束日期", "closed_on", "date", width=12),
    )
    filters = (
        field_filter("kind", "类型", "kind", Ballot.Kind.choices),
        Filter("of", "所属时期", lambda value, query: Q(period__in=[period_of(one).code for one in value.split(",")]), more=True),
    )  # fmt: skip

    def search(self, text: str) -> Q:
        return Q(title__icontains=text) | Q(organization__name__icontains=text)
