"""Ledgers of the organisation tree: 党组织名册 and 支委会台账."""

from datetime import date

from django.db.models import Q

from accounts.permissions import Right
from branches.ledgers.tree_importer import CommitteeImporter, OrganizationImporter, mask_id
from branches.models import CommitteeSeat, Organization
from branches.querysets import held_on, kind_on, live_on
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, register

KIND_SYNONYMS = {
    "街道工委": Organization.Kind.WORKING_COMMITTEE,
    "党工委": Organization.Kind.WORKING_COMMITTEE,
    "街道党委": Organization.Kind.WORKING_COMMITTEE,
    "社区党组织": Organization.Kind.COMMUNITY_COMMITTEE,
    "社区党总支": Organization.Kind.GENERAL_BRANCH,
    "总支": Organization.Kind.GENERAL_BRANCH,
    "支部": Organization.Kind.BRANCH,
    "联合支部": Organization.Kind.JOINT_BRANCH,
    "临时支部": Organization.Kind.TEMPORARY_BRANCH,
    "小组": Organization.Kind.GROUP,
}

POST_SYNONYMS = {
    "支部书记": "secretary",
    "党支部书记": "secretary",
    "组织": "organization",
    "宣传": "publicity",
    "纪检": "discipline",
    "支部委员": "member",
}


def _kind(value: str, query: Query) -> Q:
    """Organisations that were of a kind on the day asked about, whatever they have become since."""
    kinds = {"branches": Organization.Kind.branches()}
    return kind_on(query.day, kinds.get(value) or [Organization.Kind(v) for v in value.split(",")])


@register
class OrganizationsLedger(Ledger):
    slug = "organizations"
    title = "党组织名册"
    group = "党组织"
    leads = True
    about = "街道、社区、党支部的登记册。下载模板填好后导入，或在组织树里逐个新增。"
    unit = "个"
    model = Organization
    organization = ""
    order = ("path",)
    right = Right.ORGANIZATIONS_VIEW
    edit_right = Right.ORGANIZATIONS_EDIT
    importer = OrganizationImporter
    page = ("branches:detail", "code")
    create_page = "branches:create"
    columns = (
        Column("组织编码", "code", "code", ("编码",), required=True, width=14, max_length=40),
        Column("组织名称", "name", "text", ("党组织名称", "支部名称"), required=True, width=28, max_length=100),
        Column("简称", "short_name", width=14, max_length=40),
        Column("组织类别", "kind", "choice", ("类别",), True, Organization.Kind.choices, KIND_SYNONYMS, width=14),
        Column(
            "上级组织编码",
            "parent_code",
            "code",
            ("上级编码",),
            width=14,
            sortable=False,
            note="填上级党组织的编码；最上级留空",
        ),
        Column("单位类别", "unit_kind", "choice", choices=Organization.UnitKind.choices, width=12),
        Column("成立日期", "established", "date", width=12),
        Column("联系电话", "phone", "code", width=16, listed=False, max_length=30),
        Column("总人口", "population", "integer", width=10, note="社区填写"),
        Column("户数", "households", "integer", width=10, note="社区填写"),
        Column("状态", "status", width=8, writable=False, sortable=False),
        Column("撤销日期", "dissolved_on", "date", width=12, listed=False),
        Column("到期日期", "expires_on", "date", width=12, listed=False, note="只有临时党支部填写"),
    )
    filters = (
        Filter("kind", "组织类别", _kind, [("branches", "党支部（三类）"), *Organization.Kind.choices]),
        field_filter("unit_kind", "单位类别", "unit_kind", Organization.UnitKind.choices, more=True),
        Filter(
            "all",
            "含已撤销",
            lambda value, query: Q(),
            [("1", "含已撤销")],
            more=True,
        ),
    )

    def queryset(self):  # type: ignore[no-untyped-def]
        return Organization.objects.with_register_columns()

    def standing(self, day: date) -> Q:
        return live_on(day)

    def timeless(self, filters) -> bool:  # type: ignore[no-untyped-def]
        return "all" in filters


ID_NUMBER = Column(
    "身份证号",
    "member__id_number",
    "id",
    ("公民身份号码",),
    width=20,
    field="id_number",
    listed=False,
    sortable=False,
    mask=mask_id,
)


@register
class CommitteesLedger(Ledger):
    slug = "committees"
    title = "支委会台账"
    group = "党组织"
    about = "各支部、社区党委每一届委员会的组成和任期。任期届满前六个月会提醒。"
    unit = "人"
    model = CommitteeSeat
    organization = "committee__organization"
    order = ("committee__organization__path", "-committee__start", "pk")
    importer = CommitteeImporter
    page = ("branches:committee", "committee_id")
    columns = (
        Column(
            "组织编码",
            "committee__organization__code",
            "organization",
            ("组织", "支部", "组织名称"),
            True,
            width=14,
            field="organization",
        ),
        Column("组织名称", "committee__organization__name", width=26, writable=False),
        Column("届次", "committee__number", "text", required=True, width=12, max_length=40, field="number"),
        Column("任职开始", "committee__start", "date", ("换届日期",), True, width=12, field="start"),
        Column(
            "任期(年)",
            "committee__term_years",
            "integer",
            ("任期",),
            width=9,
            summed=False,
            field="term_years",
            note="村、社区 5 年，其他 3 年；不填按此计算",
        ),
        Column(
            "职务",
            "post",
            "choice",
            choices=CommitteeSeat.Post.choices,
            width=12,
            synonyms=POST_SYNONYMS,
        ),
        Column("姓名", "name", "name", ("姓名/身份证号",), width=10, note="填姓名；同一支部有重名的填身份证号"),
        ID_NUMBER,
        Column("任职日期", "since", "date", ("任职时间", "补选日期"), width=12, note="届中补选的填写；不填即任职开始"),
        Column("离任日期", "left_on", "date", ("离任时间",), width=12, note="届中离任的填写"),
    )
    filters = (
        field_filter("post", "职务", "post", CommitteeSeat.Post.choices),
        Filter("all", "含历届", lambda value, query: Q(), [("1", "含历届")], more=True),
    )

    def standing(self, day: date) -> Q:
        return held_on(day)

    def timeless(self, filters) -> bool:  # type: ignore[no-untyped-def]
        return "all" in filters
