"""Ledgers of floating members (流动党员台账) and of members out of contact (失联党员台账), as of a day."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts.encryption import EncryptedTextField
from accounts.permissions import Right
from ledgers.ledger import Column, Filter, Ledger, field_filter
from members.importing_whereabouts import WhereaboutsImporter
from members.models import Contact, Whereabouts, mask_id, mask_phone
from members.models.whereabouts import standing_on
from members.querysets import matching

Kind = Whereabouts.Kind
WAYS = {"打电话": "phone", "微信": "message", "短信": "message", "QQ": "message", "走访": "visit", "上门": "visit", "信件": "letter", "亲属": "via", "亲友": "via"}  # fmt: skip
_BRANCH = Column("所在党支部", "place_name", "organization", ("党支部", "所属支部", "支部", "联系支部"), True, field="organization_id", width=24, note="党支部的名称或编码")  # fmt: skip
_NAME = Column("姓名", "person_name", "name", ("党员姓名",), True, field="name", width=10, max_length=60)
_ID = Column("身份证号", "person_id", "id", ("公民身份号码", "身份证号码"), field="id_number", width=20, mask=mask_id, sortable=False, note="支部里没有重名的可以不填")  # fmt: skip
_END = (
    Column("结束情况", "outcome", "text", ("结果",), width=20, listed=False, max_length=200),
    Column("备注", "remarks", "text", width=20, listed=False, max_length=300),
)


class WhereaboutsLedger(Ledger):
    """Base of the ledgers over records of whereabouts; subclasses say which kinds."""

    kinds: ClassVar[tuple[Kind, ...]]
    group = "党员"
    unit = "人"
    model = Whereabouts
    order = ("place_path", "since", "pk")
    right = Right.MEMBERS_VIEW
    edit_right = Right.MEMBERS_EDIT
    importer = WhereaboutsImporter
    page = ("members:away", "pk")

    @property
    def path(self) -> str:
        """Whose record it is today comes from the member's branch, or is the guest's."""
        return "place_path"

    def queryset(self) -> models.QuerySet[Any]:
        rows = Whereabouts.objects.placed().with_last_contact().filter(kind__in=self.kinds)
        return rows.annotate(
            person_name=Coalesce("member__name", "name"),
            person_id=Coalesce("member__id_number", "id_number", output_field=EncryptedTextField()),
        )

    def standing(self, day: date) -> Q:
        return standing_on(day)

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "all" in filters

    def search(self, text: str) -> Q:
        return matching(text, "member__") | Q(name__contains=text) | Q(destination__icontains=text)


_ALL = Filter("all", "含已结束", lambda value, query: {"1": Q()}[value], [("1", "含已结束")], more=True)


class FloatingLedger(WhereaboutsLedger):
    slug = "floating"
    title = "流动党员台账"
    about = "流出党员的去向、联系人和联系情况；外来党员在本地居住的登记为流入，不计入党员数。"
    kinds = (Kind.OUT, Kind.IN)
    create_page = "members:floating-create"
    views = (("流入登记", "members:guest-create"),)
    columns = (
        Column("流动类型", "kind", "choice", ("类型", "流向"), True, Kind.choices[:2], {"外出": "out", "流出党员": "out", "流入党员": "in", "外来": "in"}, width=9),
        _BRANCH,
        _NAME,
        _ID,
        Column("流动日期", "since", "date", ("流出日期", "流入日期", "外出时间", "外出日期", "流动时间"), True, width=12),
        Column("流向地", "destination", "text", ("流动去向", "外出地点", "流入地", "现居住地", "来源地", "流出地"), width=26, max_length=200, note="流出填去向，流入填现住址"),
        Column("对方党组织", "host", "text", ("流入地党组织", "流出地党组织"), width=22, listed=False, max_length=100),
        Column("联系人", "contact", "name", ("支部联系人",), width=10, max_length=60),
        Column("联系电话", "phone", "phone", ("联系方式", "手机号码"), width=14, mask=mask_phone, sortable=False),
        Column("最近联系日期", "last_contact", "date", ("最近联系时间", "最近一次联系时间"), width=12),
        Column("最近联系方式", "last_way", "choice", choices=Contact.Way.choices, synonyms=WAYS, width=10, listed=False),
        Column("返回日期", "until", "date", ("结束日期", "返回时间"), width=12, listed=False),
        *_END,
    )  # fmt: skip
    filters = (field_filter("kind", "流动类型", "kind", Kind.choices[:2]), _ALL)


class LostContactLedger(WhereaboutsLedger):
    slug = "lost-contact"
    title = "失联党员台账"
    about = "与党组织失去联系的党员和查找经过。处理之前仍在册、仍计入党员数。"
    kinds = (Kind.LOST,)
    create_page = "members:lost-create"
    columns = (
        _BRANCH,
        _NAME,
        _ID,
        Column("失联日期", "since", "date", ("失联时间",), True, width=12),
        Column("最后联系的地点", "destination", "text", ("原去向",), width=26, max_length=200),
        Column("恢复联系日期", "until", "date", ("结束日期", "找到日期"), width=12, listed=False),
        *_END,
    )
    filters = (_ALL,)
