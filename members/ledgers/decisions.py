"""Ledgers of what holds of a member by decision: 不作要求, 党费减免, attached to a temporary branch."""

import datetime as dt

from django.db.models import Q

from accounts.permissions import Right
from ledgers.ledger import Column
from members.importing_decisions import AttachmentImporter, DecisionImporter, WaiverImporter
from members.models import DuesWaiver, Exemption, TemporaryAttachment, holding_on
from members.querysets import matching

from .personal import BRANCH, ID_NUMBER, MEMBER, PersonalLedger, named

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
