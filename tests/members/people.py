"""Makers of check-ins, talks, honours, matters and achievements, recorded the way the portal records them."""

from datetime import date
from typing import Any

from members.models import (
    CommunityCheckIn,
    DuesWaiver,
    Exemption,
    Honor,
    MatterReport,
    PerformanceRecord,
    ServiceEntry,
    Talk,
    TemporaryAttachment,
)


def check_in(community, member=None, **fields: Any) -> CommunityCheckIn:
    """Somebody at a community since 1 July 2026."""
    name = {} if member else {"name": "外来人"}
    return CommunityCheckIn(
        **{"community": community, "member": member, "start": date(2026, 7, 1)} | name | fields
    ).record()


def serve(checkin, hours: str = "2.5", day: date = date(2026, 8, 3)) -> ServiceEntry:
    from decimal import Decimal

    return ServiceEntry(checkin=checkin, date=day, hours=Decimal(hours), content="入户走访").record()


def talk(talker, member, day: date = date(2026, 8, 5), **fields: Any) -> Talk:
    own = {"organization": member.branch, "talker": talker, "member": member, "date": day, "content": "谈工作"}
    return Talk(**own | fields).record()


def honor(member, day: date = date(2026, 8, 6), **fields: Any) -> Honor:
    own = {"organization": member.branch, "member": member, "date": day, "nature": "honor", "title": "优秀共产党员"}
    return Honor(**own | fields).record()


def sanction(member, **fields: Any) -> Honor:
    return honor(member, **{"nature": "sanction", "title": "党内警告"} | fields)


def matter(member, day: date = date(2026, 8, 7), **fields: Any) -> MatterReport:
    own = {"organization": member.branch, "member": member, "date": day, "kind": "abroad", "content": "去探亲"}
    return MatterReport(**own | fields).record()


def achievement(member, day: date = date(2026, 8, 8), **fields: Any) -> PerformanceRecord:
    own = {"organization": member.branch, "member": member, "date": day, "area": "livelihood", "title": "装电梯"}
    return PerformanceRecord(**own | fields).record()


def exempt(member, day: date = date(2026, 1, 1), **fields: Any) -> Exemption:
    own = {"organization": member.branch, "member": member, "date": day, "reason": "年老体弱"}
    return Exemption(**own | fields).record()


def waive(member, day: date = date(2026, 1, 1), **fields: Any) -> DuesWaiver:
    own = {"organization": member.branch, "member": member, "date": day, "decided_on": day, "reason": "生活困难"}
    return DuesWaiver(**own | fields).record()


def attach(member, temporary, day: date = date(2026, 1, 1), **fields: Any) -> TemporaryAttachment:
    own = {"organization": temporary, "member": member, "date": day, "reason": "项目施工"}
    return TemporaryAttachment(**own | fields).record()
