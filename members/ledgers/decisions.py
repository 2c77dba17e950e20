"""Ledgers of what holds of a member by decision: 不作要求, 党费减免, attached to a temporary branch; import."""

import datetime as dt
from collections.abc import Sequence
from typing import ClassVar

from django.db.models import Q

from accounts.permissions import Right
from branches.models import Organization
from ledgers.importing import Row
from ledgers.ledger import Column, register
from members.models import DuesWaiver, Exemption, TemporaryAttachment, holding_on
from members.querysets import matching

from .personal import BRANCH, ID_NUMBER, MEMBER, PersonalImporter, PersonalLedger, named
from .references import Stay


class DecisionImporter(PersonalImporter):
    """The key is of whom and from when on."""

    identity: ClassVar[Sequence[str]] = ("member_id", "date")

    def key_column(self, row: Row) -> str:
        return "姓名"

    def check(self, rows: list[Row]) -> None:
        self.later(rows, "until", same_day=False)


class WaiverImporter(DecisionImporter):
    """A waiver may begin with a month to come."""

    def prepare(self, rows: list[Row]) -> None:
        super(PersonalImporter, self).prepare(rows)


class AttachmentImporter(DecisionImporter):
    """Members of any branch that the user keeps are attached to a temporary one."""

    identity = ("organization_id", "member_id", "date")

    def prepare(self, rows: list[Row]) -> None:
        temporary = set(
            Organization.objects.filter(kind=Organization.Kind.TEMPORARY_BRANCH).values_list("pk", flat=True)
        )
        for row in rows:
            if not row.errors and row.values["organization_id"] not in temporary:
                self.wrong(row, "organization_id", "只有临时党支部可以编入别的支部的党员")
        super().prepare(rows)

    def meant(self, row: Row, called: list[Stay]) -> list[Stay]:
        return called


UNTIL = Column(
    "止", "until", "date", ("截止日期", "结束日期", "终止日期"), width=12, note="从这天起不再有效；一直有效的不填"
)


class DecisionLedger(PersonalLedger):
    """Base: a row stands from its first day until it is withdrawn."""

    date = ""
    unit = "人"
    right = Right.MEMBERS_VIEW
    filters = (MEMBER,)

    def standing(self, day: dt.date) -> Q:
        return holding_on(day)

    def search(self, text: str) -> Q:
        return matching(text, "member__") | Q(reason__contains=text)


@register
class ExemptionsLedger(DecisionLedger):
    slug = "exemptions"
    title = "不作要求党员台账"
    about = "年老体弱、长期患病等，组织生活和学时不作要求的党员：支部决定的日期和原因，撤销前一直有效。"
    model = Exemption
    importer = DecisionImporter
    page = ("members:exemption", "pk")
    create_page = "members:exemption-create"
    columns = (
        BRANCH,
        named("姓名"),
        ID_NUMBER,
        Column("起", "date", "date", ("起始日期", "决定日期", "日期"), True, width=12),
        UNTIL,
        Column("原因", "reason", "text", ("事由",), True, width=30, max_length=100),
    )


@register
class WaiversLedger(DecisionLedger):
    slug = "dues-waivers"
    title = "党费减免台账"
    about = "经批准少交或免交党费的党员：从哪月起、每月仍交多少、谁批准的。"
    model = DuesWaiver
    importer = WaiverImporter
    page = ("members:waiver", "pk")
    create_page = "members:waiver-create"
    columns = (
        BRANCH,
        named("姓名"),
        ID_NUMBER,
        Column("起", "date", "date", ("起始日期", "起始月份"), True, width=12),
        UNTIL,
        Column("每月仍交", "amount", "decimal", ("减免后应缴", "每月仍交（元）"), True, width=10, summed=False),
        Column("原因", "reason", "text", ("事由",), True, width=26, max_length=100),
        Column("决定日期", "decided_on", "date", ("批准日期",), True, width=12),
        Column("决定机关", "authority", "text", ("批准机关",), width=22, max_length=100),
        Column("文号", "document", "text", width=16, max_length=60),
    )


@register
class AttachmentsLedger(DecisionLedger):
    slug = "attachments"
    title = "临时党支部编入党员台账"
    about = "编入临时党支部参加活动的党员。组织关系留在原支部，党费、发展、选举仍由原支部负责，只在原支部统计。"
    model = TemporaryAttachment
    importer = AttachmentImporter
    page = ("members:attachment", "pk")
    create_page = "members:attachment-create"
    columns = (
        Column("临时党支部", "organization__name", "organization", ("党支部", "所在临时党支部"), True, field="organization_id", width=26, note="临时党支部的名称或编码"),
        named("姓名"),
        ID_NUMBER,
        Column("原党支部", "member__branch__name", width=26, writable=False),
        Column("起", "date", "date", ("起始日期", "编入日期"), True, width=12),
        UNTIL,
        Column("原因", "reason", "text", ("事由",), True, width=26, max_length=100),
    )  # fmt: skip


__all__ = ["AttachmentsLedger", "ExemptionsLedger", "WaiversLedger"]
