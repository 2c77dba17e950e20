"""The register of members (党员花名册): one row for each member as of a day, or for each event of a period."""

from collections.abc import Mapping
from datetime import date
from functools import partial, reduce
from operator import or_
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.urls import reverse

from accounts.permissions import Right
from branches.models import Organization, names_of
from ledgers.ledger import Action, BadQuery, Column, Filter, Ledger, Query, field_filter, register
from members import gaps
from members.ledgers.register_importer import MemberImporter
from members.models import (
    ETHNICITIES,
    Education,
    Employment,
    Gender,
    Member,
    Membership,
    Whereabouts,
    mask_address,
    mask_id,
    mask_phone,
)
from members.querysets import full_on, in_force, matching

EDUCATION_SYNONYMS = {
    "博士": "postgraduate", "硕士": "postgraduate", "博士研究生": "postgraduate", "硕士研究生": "postgraduate",
    "本科": "bachelor", "大学": "bachelor", "大本": "bachelor", "学士": "bachelor", "大专": "college", "专科": "college", "高职": "college",
    "中专": "secondary", "中技": "technical", "技校": "technical", "职高": "senior-high", "高中及以下": "senior-high",
    "小学及以下": "primary", "文盲": "other",
}  # fmt: skip
EMPLOYMENT_SYNONYMS = {
    "在岗": "in-service", "在业": "in-service", "离休": "retired", "退休": "retired", "离退": "retired", "农民": "farmer",
    "个体户": "self-employed", "个体工商户": "self-employed", "自由职业": "self-employed", "下岗": "unemployed", "失业": "unemployed",
    "待业": "unemployed", "无业": "unemployed", "在校学生": "student",
    # 工作岗位 of the national form
    "在岗职工": "in-service", "公务员": "in-service", "机关工作人员": "in-service", "党政机关工作人员": "in-service",
    "参照公务员法管理的工作人员": "in-service", "事业单位管理人员": "in-service", "事业单位专业技术人员": "in-service",
    "事业单位管理岗位": "in-service", "事业单位专业技术岗位": "in-service", "事业单位工勤技能人员": "in-service",
    "企业管理人员": "in-service", "企业专业技术人员": "in-service", "企业工人": "in-service", "工人": "in-service",
    "公有制企业管理人员": "in-service", "公有制企业专业技术人员": "in-service", "公有制企业工人": "in-service",
    "非公有制企业管理人员": "in-service", "非公有制企业专业技术人员": "in-service", "非公有制企业工人": "in-service",
    "社会组织管理人员": "in-service", "社会组织专业技术人员": "in-service", "社会组织工作人员": "in-service",
    "民办非企业单位工作人员": "in-service", "教师": "in-service", "医务人员": "in-service", "社区工作者": "in-service",
    "解放军、武警": "in-service", "其他职业": "other", "其他职业人员": "other", "其他人员": "other",
    "离退休人员": "retired", "离休人员": "retired", "退休人员": "retired", "农牧渔民": "farmer", "农、牧、渔民": "farmer",
    "个体劳动者": "self-employed", "个体工商户从业人员": "self-employed", "灵活就业": "self-employed", "自由职业者": "self-employed",
    "下岗失业人员": "unemployed", "失业人员": "unemployed", "下岗职工": "unemployed", "无业人员": "unemployed", "学生党员": "student",
}  # fmt: skip


def _category(value: str, query: Query) -> Q:
    full = full_on(query.day)
    return {"full": full, "probationary": ~full}[value]


def _floating(value: str, query: Query) -> Q:
    return Q(is_floating={"1": True, "0": False}[value])


def _minority(value: str, query: Query) -> Q:
    minority = ~Q(member__ethnicity__in=["汉族", ""])
    return {"1": minority, "0": ~minority}[value]


def _age(value: str, query: Query) -> Q:
    day = query.day
    return {
        "under-35": Q(member__birth_date__gt=day - relativedelta(years=36)),
        "35-60": Q(
            member__birth_date__lte=day - relativedelta(years=36), member__birth_date__gt=day - relativedelta(years=61)
        ),
        "over-60": Q(member__birth_date__lte=day - relativedelta(years=61)),
        "unknown": Q(member__birth_date__isnull=True),
    }[value]


def _education(value: str, query: Query) -> Q:
    if value == "college-and-above":
        return Q(member__education__in=Education.college_and_above())
    return Q(member__education=Education(value).value)


def _years(value: str, query: Query) -> Q:
    """So many years in the Party by 1 July of the day's year, as 光荣在党50年 is reckoned."""
    return Q(member__joined_on__lte=date(query.day.year - {"50": 50, "30": 30}[value], 7, 1))


def _birthday(value: str, query: Query) -> Q:
    """The month in which the day of joining returns (政治生日), written 1 to 12, or that of the day."""
    months = {str(number): number for number in range(1, 13)}
    month = query.day.month if value == "now" else months[value]
    return Q(member__joined_on__month=month)


def _event(value: str, query: Query) -> Q:
    """Intervals that began or ended in the period, by what began or ended them."""
    span = (query.period.start, query.period.end) if query.period else (date.min, query.day)
    begun = {
        "joined": Q(came_by=Membership.Event.JOINED, member__joined_on__range=span),
        "transferred-in": Q(came_by=Membership.Event.TRANSFERRED_IN, start__range=span),
    }
    if value in begun:
        return begun[value]
    if value == "regularised":  # where the member was on the day of the meeting
        on = F("member__regularised_on")
        there = Q(start__lte=on) & (Q(end__isnull=True) | Q(end__gt=on))
        return there & Q(member__category="full", member__regularised_on__range=span)
    return Q(left_by=Member.Leave(value).value, end__range=span)


def _group(value: str, query: Query) -> Q:
    """Members of one group of their branch (by its code), under any name that the register may know it by; or of none."""
    if value == "none":
        if query.organization is None or not query.organization.is_branch:
            raise BadQuery("没有编组的党员要在一个党支部里看")
        below = Organization.objects.get_children(query.organization)
        groups = below.filter(kind=Organization.Kind.GROUP).live_on(query.day)
        return ~reduce(or_, (_in_group(group) for group in groups), Q(pk__in=[]))
    group = Organization.objects.filter(code=value, kind=Organization.Kind.GROUP).first()
    if group is None:
        raise BadQuery(f"没有编码为“{value}”的党小组")
    return _in_group(group)


def _in_group(group: Organization) -> Q:
    return Q(branch__path=group.path[: -group.steplen], member__group_name__in=names_of(group))


def _open(kind: str) -> models.QuerySet[Whereabouts]:
    """Return the open records of being away, or out of contact, of a row's member."""
    return Whereabouts.objects.open_ones().filter(kind=kind, member=OuterRef("member_id"))


def _away(kind: str, name: str) -> Subquery:
    return Subquery(_open(kind).order_by("-since").values(name)[:1])


def _is_lost() -> Exists:
    return Exists(_open("lost"))


EVENTS = [("joined", "入党"), ("regularised", "转正"), ("transferred-in", "转入"), *Member.Leave.choices]


@register
class MembersLedger(Ledger):
    slug = "members"
    title = "党员花名册"
    group = "党员"
    leads = True
    about = "党员登记册。可以从现有的 Excel 花名册直接导入，也可以逐个新增。"
    unit = "人"
    model = Membership
    organization = "branch"
    order = ("branch__path", "member_id", "start")
    right = Right.MEMBERS_VIEW
    edit_right = Right.MEMBERS_EDIT
    importer = MemberImporter
    page = ("members:detail", "member_id")
    create_page = "members:create"
    views = (("党员统计表", "members:statistics"),)
    actions = (
        Action("group", "调整党小组", Right.MEMBERS_EDIT, "members:group"),
        Action("export", "导出所选", Right.EXPORT, "ledgers:export", ("members",)),
        Action("cards", "打印党员卡", Right.MEMBERS_VIEW, "members:cards"),
    )
    columns = (
        Column("姓名", "member__name", "name", ("党员姓名",), True, field="name", width=10, max_length=60),
        Column("性别", "member__gender", "choice", (), False, Gender.choices, field="gender", width=6, note="不填则按身份证号"),
        Column("民族", "member__ethnicity", "choice", (), False, [(e, e) for e in ETHNICITIES], {e.removesuffix("族"): e for e in ETHNICITIES}, field="ethnicity", width=8),
        Column("出生日期", "member__birth_date", "date", ("出生年月",), field="birth_date", width=12, listed=False, note="不填则按身份证号"),
        Column("身份证号", "member__id_number", "id", ("公民身份号码", "公民身份证号码", "公民身份证号", "身份证号码", "身份证", "居民身份证号"), True, field="id_number", width=20, mask=mask_id, sortable=False, note="18 位，按文本填写"),
        Column("所在党支部", "branch__name", "organization", ("党支部", "所属支部", "支部", "所在支部", "所属党支部", "所在党组织", "所在党组织名称", "所在组织编号", "所在组织", "党组织"), True, field="branch_id", width=24, note="党支部的名称或编码"),
        Column("党小组", "member__group_name", field="group_name", width=12, max_length=60, listed=False),
        Column("党员类别", "member__category", "choice", ("人员类别", "党员类型", "政治面貌", "政治背景"), True, Member.Category.choices, {"正式": "full", "预备": "probationary", "中共党员": "full", "中共正式党员": "full", "党员": "full", "中共预备党员": "probationary"}, field="category", width=10),
        Column("学历", "member__education", "choice", ("文化程度", "教育程度", "学历情况"), False, Education.choices, EDUCATION_SYNONYMS, field="education", width=10, listed=False),
        Column("入党时间", "member__joined_on", "date", ("入党日期", "加入党组织日期", "加入中国共产党日期", "加入党组织时间", "成为预备党员时间", "成为预备党员日期"), field="joined_on", width=12, note="支部党员大会接收为预备党员之日"),
        Column("转正时间", "member__regularised_on", "date", ("转正日期", "转为正式党员日期", "转为正式党员时间", "成为正式党员日期"), field="regularised_on", width=12, listed=False),
        Column("就业状态", "employment", "choice", ("从业状态", "工作岗位", "工作性质", "从业情况"), False, Employment.choices, EMPLOYMENT_SYNONYMS, width=10),
        Column("工作单位及职务", "member__workplace", "text", ("工作单位", "单位及职务", "工作单位职务", "单位职务", "单位名称及职务"), field="workplace", width=24, listed=False, max_length=120),
        Column("手机号码", "member__phone", "phone", ("联系电话", "手机", "手机号", "联系方式", "电话", "移动电话"), field="phone", width=14, mask=mask_phone, sortable=False),
        Column("家庭住址", "member__address", "text", ("现居住地", "居住地址", "现住址", "住址", "家庭地址", "家庭居住地址"), field="address", width=26, listed=False, sortable=False, max_length=200, mask=mask_address),
        Column("居住在本街道", "member__residence", "choice", ("居住地区",), field="residence", choices=Member.Residence.choices, synonyms={"是": "here", "否": "elsewhere", "本街道内": "here", "外区": "elsewhere"}, width=12, listed=False),
        Column("是否流动党员", "is_floating", "yes_no", ("流动党员", "是否为流动党员", "流动"), width=8),
        Column("外出流向", "destination", "text", ("流动去向", "外出地点", "流向"), width=20, listed=False, sortable=False, max_length=200, expression=partial(_away, "out", "destination"), note="外出的流动党员填；登记为流出"),
        Column("是否为失联党员", "is_lost", "yes_no", ("失联", "是否失联", "失联党员", "是否失联党员"), width=8, listed=False, sortable=False, expression=_is_lost),
        Column("失去联系日期", "lost_on", "date", ("失联日期", "失去联系时间", "失联时间"), width=12, listed=False, sortable=False, expression=partial(_away, "lost", "since")),
        Column("籍贯", "member__native_place", field="native_place", width=14, listed=False, max_length=60),
        Column("党费基数", "member__dues_base", "money", ("月收入", "收入", "党费计算基数", "月工资收入"), field="dues_base", width=10, listed=False, summed=False),
        Column("备注", "member__remarks", field="remarks", width=20, listed=False, max_length=300),
    )  # fmt: skip
    filters = (
        Filter("category", "党员类别", _category, Member.Category.choices),
        field_filter("employment", "就业状态", "employment", Employment.choices),
        Filter("floating", "流动", _floating, [("1", "流动党员"), ("0", "非流动")]),
        field_filter("gender", "性别", "member__gender", Gender.choices, more=True),
        Filter("minority", "民族", _minority, [("1", "少数民族"), ("0", "汉族")], more=True),
        Filter("age", "年龄", _age, [("under-35", "35岁及以下"), ("35-60", "36至60岁"), ("over-60", "61岁及以上"), ("unknown", "出生日期不详")], more=True),
        Filter("education", "学历", _education, [("college-and-above", "大专及以上"), *Education.choices], more=True),
        Filter("years", "党龄", _years, [("50", "光荣在党50年"), ("30", "党龄30年以上")], more=True),
        Filter("birthday", "政治生日", _birthday, [("now", "本月"), *((str(n), f"{n}月") for n in range(1, 13))], more=True),
        Filter("event", "变动", _event, EVENTS, more=True),
        Filter("group", "党小组编码", _group, more=True),
        Filter("gap", "缺项", lambda value, query: gaps.missing(value, query.day), [(gaps.ANY, "有任何缺项"), *((g.slug, g.label) for g in gaps.GAPS)], more=True),
        Filter("fault", "数据质量", lambda value, query: gaps.wrong(value, query.day), [(gaps.ANY, "有任何差错"), *((f.slug, f.label) for f in gaps.FAULTS)], more=True),
    )  # fmt: skip

    def queryset(self) -> models.QuerySet[Any]:
        return Membership.objects.all()

    def standing(self, day: date) -> Q:
        return in_force(day)

    def between(self, day: date, later: date) -> tuple[Q, Q]:
        gone = Q(start__lte=day, end__gt=day, end__lte=later)
        return gone, Q(start__gt=day, start__lte=later) & in_force(later)

    def timeless(self, filters: Mapping[str, str]) -> bool:
        """An event is a row of history, standing or not."""
        return "event" in filters

    def row_url(self, argument: Any, query: Query, may_edit: bool) -> str:
        """A list of what is missing leads straight to the form, at the field that is missing."""
        if may_edit and query.filters.get("fault") == "Q03":
            return reverse("members:merge", args=[argument])
        if may_edit and (field := gaps.field_to_mend(query.filters)):
            return f"{reverse('members:edit', args=[argument])}?focus={field}"
        return super().row_url(argument, query, may_edit)

    def search(self, text: str) -> Q:
        return matching(text, "member__")
