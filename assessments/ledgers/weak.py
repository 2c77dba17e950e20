"""The ledger of weak branches (软弱涣散党组织整顿台账)."""

from collections.abc import Mapping
from datetime import date

from django.db.models import Q

from accounts.permissions import Right
from branches.ledgers.checked import CheckedImporter
from branches.ledgers.venues import ORGANIZATION, ORGANIZATION_NAME
from branches.spans import lasting
from ledgers.ledger import Column, Filter, Ledger, field_filter, register

from ..models import WeakBranch


class WeakBranchImporter(CheckedImporter):
    """Known by its organisation and the day on which it was found weak."""

    identity = ("organization_id", "found_on")
    checked_by = WeakBranch


@register
class WeakBranchesLedger(Ledger):
    slug = "weak-branches"
    title = "软弱涣散党组织整顿台账"
    group = "考核"
    about = "认定为软弱涣散的党组织：什么情形、谁包联、怎样整顿、验收多少分、哪天销号。"
    unit = "个"
    model = WeakBranch
    order = ("-found_on", "organization__path")
    right = Right.ASSESSMENTS_VIEW
    edit_right = Right.ASSESSMENTS_DECIDE
    importer = WeakBranchImporter
    page = ("assessments:weak-branch", "pk")
    create_page = "assessments:weak-branch-create"
    columns = (
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("认定情形", "ground", "choice", ("情形",), True, WeakBranch.Ground.choices, width=18),
        Column("具体表现", "detail", "text", width=30, listed=False, max_length=300),
        Column("认定日期", "found_on", "date", (), True, width=12),
        Column("包联领导", "leader", "text", width=10, max_length=60),
        Column("结对单位", "partner", "text", width=18, listed=False, max_length=100),
        Column("第一书记", "first_secretary", "text", width=10, listed=False, max_length=60),
        Column("整顿措施", "plan", "text", width=40, listed=False, sortable=False, max_length=2000),
        Column("整顿时限", "due_on", "date", width=12),
        Column("验收得分", "score", "decimal", width=8, summed=False),
        Column("群众测评", "votes", "text", width=16, listed=False, max_length=100),
        Column("销号日期", "left_on", "date", width=12),
    )
    filters = (
        field_filter("ground", "认定情形", "ground", WeakBranch.Ground.choices),
        Filter("all", "含已销号", lambda value, query: Q(), [("1", "含已销号")]),
    )

    def standing(self, day: date) -> Q:
        return lasting(day, "found_on", "left_on")

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "all" in filters

    def search(self, text: str) -> Q:
        return Q(organization__name__icontains=text) | Q(detail__icontains=text)
