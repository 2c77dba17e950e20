"""Pages of what is kept of one member: talks, major matters, honours and sanctions, achievements."""

from typing import Any

from branches.views.record_pages import WHO_READS, Kind, RecordPages
from members.forms.decisions import AttachmentForm, ExemptionForm, WaiverForm
from members.forms.personal import AchievementForm, HonorForm, MatterForm, TalkForm
from members.models import DuesWaiver, Exemption, Honor, MatterReport, PerformanceRecord, Talk, TemporaryAttachment

from .picking import of_member


class PersonalPages(RecordPages):
    """What a member no longer in the register leaves behind leads back to the organisation."""

    detail = "branches/kept_detail.html"

    def origin(self, record: Any) -> Any:
        return super().origin(record) or getattr(record, "organization", None)


create, detail, edit, delete = PersonalPages(
    (
        Kind(
            "talk", "谈话", Talk, TalkForm, "talks",
            ("kind", "date", "talker_name", "member", "organization", "follow_up_by", "followed_up_on"),
            ("content", "follow_up"), of_member(Talk), note=f"加密保存；{WHO_READS}",
        ),
        Kind(
            "matter", "重大事项报告", MatterReport, MatterForm, "matters",
            ("kind", "member", "organization", "date", "occurred_on", "answered_on"), ("content", "opinion"),
            of_member(MatterReport), note=f"加密保存；{WHO_READS}",
        ),
        Kind(
            "honor", "奖惩", Honor, HonorForm, "honors",
            ("nature", "title", "member", "organization", "date", "level", "authority", "document", "ends_on"),
            ("reason",), of_member(Honor),
        ),
        Kind(
            "achievement", "实绩", PerformanceRecord, AchievementForm, "achievements",
            ("title", "area", "member", "organization", "date", "evidence"), ("content",),
            of_member(PerformanceRecord),
        ),
        Kind(
            "exemption", "不作要求", Exemption, ExemptionForm, "exemptions",
            ("member", "organization", "date", "until", "reason"), (), of_member(Exemption),
            note="考勤、学时和连续缺席的规则不再要求这名党员；以后点名自动标为不作要求。",
        ),
        Kind(
            "waiver", "党费减免", DuesWaiver, WaiverForm, "dues-waivers",
            ("member", "organization", "date", "until", "amount", "reason", "decided_on", "authority", "document"), (),
            of_member(DuesWaiver),
        ),
        Kind(
            "attachment", "编入临时党支部", TemporaryAttachment, AttachmentForm, "attachments",
            ("organization", "member", "date", "until", "reason"), (), of_member(TemporaryAttachment),
            note="组织关系留在原支部：党费、发展、选举仍由原支部负责，只在原支部统计。",
        ),
    )
).views()  # fmt: skip
