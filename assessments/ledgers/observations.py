"""The ledger of observation (观摩评比台账), and which communities a quarter left out."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q

from accounts.permissions import Right
from activities.models import TourStop
from branches.ledgers.checked import CheckedImporter
from branches.models import Organization
from ledgers.importing import Row
from ledgers.ledger import Column, Filter, Ledger, Query, period_of, register
from ledgers.period import Period

from ..models import CommunityObservation
from .rounds import read_periods


class ObservationImporter(CheckedImporter):
    """An observation is known by its community and quarter."""

    identity = ("organization_id", "period")
    checked_by = CommunityObservation

    def prepare(self, rows: list[Row]) -> None:
        read_periods(rows, "period")

    def check(self, rows: list[Row]) -> None:
        super().check(rows)
        kinds = {pk: kind for some in self.organizations().values() for pk, _, _, kind in some}
        for row in rows:
            if kinds.get(row.values["organization_id"]) != Organization.Kind.COMMUNITY_COMMITTEE:
                self.wrong(row, "organization_id", "逐社区观摩的对象是社区")


@register
class ObservationsLedger(Ledger):
    slug = "observations"
    title = "观摩评比台账"
    group = "考核"
    about = "每季度“逐社区观摩、整街道推进”：每个社区看了哪些点位、评委给多少分、第几名、点评和问题。"
    unit = "个次"
    model = CommunityObservation
    date = "visited_on"
    order = ("-period", "rank", "position", "organization__path")
    right = Right.ASSESSMENTS_VIEW
    edit_right = Right.ASSESSMENTS_DECIDE
    importer = ObservationImporter
    page = ("assessments:observation", "pk")
    create_page = "assessments:observation-create"
    views = (("各轮评分", "assessments:observation-rounds"),)
    columns = (
        Column("季度", "period", "period", ("时期", "轮次"), True, width=14, max_length=12, note="写成 2026年第三季度"),
        Column("社区编码", "organization__code", "organization", ("社区", "组织", "组织编码"), True, width=14, field="organization_id", note="社区的编码或名称"),
        Column("社区名称", "organization__name", width=24, writable=False),
        Column("观摩日期", "visited_on", "date", ("日期",), width=12),
        Column("观摩点位", "spots", "text", ("点位",), width=30, max_length=300),
        Column("得分", "points", "decimal", ("总分", "分数"), width=8, summed=False),
        Column("满分", "full", "decimal", width=8, summed=False, listed=False),
        Column("名次", "rank", "integer", ("排名",), width=8, summed=False),
        Column("点评", "comment", "text", width=36, listed=False, sortable=False, max_length=1000),
        Column("存在问题", "problem", "text", ("问题",), width=30, listed=False, max_length=300),
    )  # fmt: skip
    filters = (
        Filter(
            "scored", "评分", lambda value, query: Q(points__isnull=value == "no"), [("yes", "已评分"), ("no", "未评分")],
        ),
        Filter("round", "季度", lambda value, query: Q(period=period_of(value).code), more=True),
    )  # fmt: skip

    def search(self, text: str) -> Q:
        return Q(organization__name__icontains=text) | Q(spots__icontains=text) | Q(comment__icontains=text)


def left_out(quarters: Sequence[Period]) -> Q:
    """Return the condition that a community was on no tour and in no round of any one of these quarters."""
    condition = Q(pk__in=[])
    for quarter in quarters:
        visited = CommunityObservation.objects.visited_in(quarter).filter(organization=OuterRef("pk"))
        toured = TourStop.objects.made_in(quarter).counted().filter(community=OuterRef("pk"))
        condition |= ~Q(Exists(visited)) & ~Q(Exists(toured))
    return Q(kind=Organization.Kind.COMMUNITY_COMMITTEE) & condition


def _left_out(value: str, query: Query) -> Q:
    return left_out([period_of(one) for one in value.split(",")])


LEFT_OUT = Filter(
    "left-out", "没有观摩", _left_out, more=True,
    words=lambda value: "、".join(period_of(one).label for one in value.split(",")) + "没有列入逐社区观摩",
)  # fmt: skip
"""Joins the register of organisations: the communities that a quarter's observation left out."""
