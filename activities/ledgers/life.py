"""Ledgers of what comes out of a life meeting: criticism (批评意见台账), promises (整改承诺台账)."""

from django.db.models import Q

from accounts.permissions import Right
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, key_filter
from members.ledgers.personal import hidden
from members.models import mask_id
from members.querysets import matching

from ..importing_life import CriticismImporter, PromiseImporter
from ..models import Criticism, Promise

NUMBER = Column(
    "活动编号",
    "activity__number",
    "code",
    ("编号",),
    True,
    field="number",
    width=14,
    max_length=40,
    note="组织生活台账里这次组织生活会的编号",
)
PLACE = Column("组织名称", "activity__organization__name", width=24, writable=False)
HELD_ON = Column("会议日期", "activity__date", "date", width=12, writable=False)  # fmt: skip


def _id_of(header: str, path: str, key: str) -> Column:
    return Column(header, f"{path}__id_number", "id", field=key, width=20, mask=mask_id, sortable=False, listed=False, note="支部里有重名的才要填")  # fmt: skip


ACTIVITY = key_filter("activity", "组织生活会", "activity_id")
OWN = Filter("own", "只看本级", lambda value, query: Q(activity__organization=query.organization), [("1", "只看本级")], more=True)  # fmt: skip


class CriticismsLedger(Ledger):
    slug = "criticisms"
    title = "批评意见台账"
    group = "活动"
    about = "组织生活会上的自我批评和相互批评。内容加密保存，只有支部书记、社区书记和党建办能看。"
    unit = "条"
    model = Criticism
    organization = "activity__organization"
    date = "activity__date"
    order = ("-activity__date", "activity_id", "pk")
    right = Right.TALKS_READ
    edit_right = Right.ACTIVITIES_EDIT
    importer = CriticismImporter
    page = ("activities:criticism", "pk")
    create_page = "activities:criticism-create"
    columns = (
        NUMBER,
        PLACE,
        HELD_ON,
        Column("批评类型", "kind", "choice", ("类型", "类别"), True, Criticism.Kind.choices, {"自评": "self", "自我剖析": "self", "互相批评": "mutual", "互评": "mutual"}, width=10),
        Column("批评人", "speaker__name", "name", ("提出人", "批评人姓名"), field="speaker_name", width=10, max_length=60, note="自我批评不填"),
        _id_of("批评人身份证号", "speaker", "speaker_id_number"),
        Column("批评对象", "member__name", "name", ("被批评人", "姓名"), True, field="name", width=10, max_length=60),
        _id_of("批评对象身份证号", "member", "id_number"),
        Column("批评意见", "content", "text", ("意见", "内容", "批评内容"), True, width=50, listed=False, sortable=False, mask=hidden),
    )  # fmt: skip
    filters = (
        field_filter("kind", "批评类型", "kind", Criticism.Kind.choices),
        ACTIVITY,
        key_filter("member", "党员", "member_id"),
        OWN,
    )

    def search(self, text: str) -> Q:
        return matching(text, "member__") | matching(text, "speaker__")


def _state(value: str, query: Query) -> Q:
    late = Q(done_on__isnull=True, deadline__lt=query.day)
    return {"done": Q(done_on__isnull=False), "open": Q(done_on__isnull=True), "late": late}[value]


class PromisesLedger(Ledger):
    slug = "promises"
    title = "整改承诺台账"
    group = "活动"
    about = "组织生活会上承诺整改的事项：谁承诺、什么时候改完、改得怎样。只有支部书记、社区书记和党建办能看。"
    unit = "项"
    model = Promise
    organization = "activity__organization"
    date = "activity__date"
    order = ("-activity__date", "activity_id", "pk")
    right = Right.TALKS_READ
    edit_right = Right.ACTIVITIES_EDIT
    importer = PromiseImporter
    page = ("activities:promise", "pk")
    create_page = "activities:promise-create"
    columns = (
        NUMBER,
        PLACE,
        HELD_ON,
        Column("承诺人", "owner__name", "name", ("责任人", "整改人", "姓名"), field="name", width=10, max_length=60, note="支部班子的承诺不填"),
        _id_of("承诺人身份证号", "owner", "id_number"),
        Column("整改事项", "item", "text", ("问题", "承诺事项", "存在问题"), True, width=30, max_length=100),
        Column("整改措施", "measure", "text", ("措施", "承诺内容"), width=36, listed=False, sortable=False, mask=hidden),
        Column("整改时限", "deadline", "date", ("期限", "完成时限", "整改期限"), True, width=12),
        Column("完成日期", "done_on", "date", ("完成时间", "整改完成日期"), width=12),
        Column("完成情况", "result", "text", ("整改情况", "整改结果"), width=30, listed=False, sortable=False, mask=hidden),
    )  # fmt: skip
    filters = (
        Filter("state", "进展", _state, [("open", "没有完成"), ("late", "已超期"), ("done", "已完成")]),
        ACTIVITY,
        key_filter("member", "承诺人", "owner_id"),
        OWN,
    )

    def search(self, text: str) -> Q:
        return matching(text, "owner__") | Q(item__contains=text)
