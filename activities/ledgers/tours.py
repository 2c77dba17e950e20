"""The ledger of observation tours' stops (观摩行程台账)."""

from collections.abc import Iterable

from django.db.models import Q

from accounts.permissions import Right, access_of
from branches.models import Organization
from ledgers.importing import RecordImporter, Report, Row, Undo
from ledgers.ledger import Column, Filter, Ledger, register
from ledgers.models import Touch

from ..models import Activity, TourStop
from .records import STATES, status_condition


class TourStopImporter(RecordImporter):
    """A stop is known by its tour, found by 活动编号, and the community."""

    identity = ("activity_id", "community_id")

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key != "number"]

    def prepare(self, rows: list[Row]) -> None:
        """Find the tours, and see that each community belongs to the street whose tour it is."""
        scope = access_of(self.user).scope(self.ledger.edit_right, "organization__path")
        numbers = {row.values.get("number") for row in rows}
        found = Activity.objects.filter(scope, number__in=numbers, kind=Activity.Kind.OBSERVATION)
        tours: dict[str, list[tuple[int, str]]] = {}
        for number, pk, path in found.values_list("number", "pk", "organization__path"):
            tours.setdefault(number, []).append((pk, path))
        places = {pk: (path, kind) for some in self.organizations().values() for pk, _, path, kind in some}
        for row in rows:
            if row.errors:
                continue
            held = tours.get(row.values["number"], [])
            if len(held) != 1:
                many = "有几次观摩用这个编号，请在填报范围里选定街道后再导入"
                self.wrong(row, "number", many if held else "组织生活台账里没有这个编号的观摩评比，请先登记活动")
                continue
            row.values["activity_id"] = held[0][0]
            path, kind = places[row.values["community_id"]]
            if kind != Organization.Kind.COMMUNITY_COMMITTEE or not path.startswith(held[0][1]):
                self.wrong(row, "community_id", "这不是本街道的社区")
            row.values.pop("number")

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        super().write(new, changed, undo, report)
        tours = Activity.objects.filter(pk__in={row.values["activity_id"] for row in [*new, *changed]})
        return {touch for tour in tours for touch in tour.touches()}


@register
class TourStopsLedger(Ledger):
    slug = "tour-stops"
    title = "观摩行程台账"
    group = "活动"
    about = "每次“逐社区观摩”走了哪些社区、看了什么。通常在观摩活动的页面勾选社区；也可以按活动编号导入。"
    unit = "个次"
    model = TourStop
    organization = "activity__organization"
    date = "activity__date"
    order = ("-activity__date", "community__path")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = TourStopImporter
    page = ("activities:detail", "activity_id")
    columns = (
        Column("活动编号", "activity__number", "code", ("编号",), True, field="number", width=14),
        Column("组织名称", "activity__organization__name", width=24, writable=False),
        Column("观摩日期", "activity__date", "date", width=12, writable=False),
        Column("社区编码", "community__code", "organization", ("社区", "观摩社区"), True, field="community_id", width=14, note="社区的编码或名称"),
        Column("社区名称", "community__name", width=24, writable=False),
        Column("观摩内容", "seen", "text", ("内容", "观摩点"), width=36, max_length=300),
    )  # fmt: skip
    filters = (
        Filter("status", "活动状态", status_condition("activity__status"), STATES),
        Filter("own", "只看本级", lambda value, query: Q(activity__organization=query.organization), [("1", "只看本级")], more=True),
    )  # fmt: skip

    def search(self, text: str) -> Q:
        return Q(community__name__icontains=text) | Q(seen__icontains=text) | Q(activity__number__iexact=text)
