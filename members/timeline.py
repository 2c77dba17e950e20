"""What happened to a member: plain functions over querysets, each yielding moments, and one that sorts them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from accounts.actions import LOOKS
from accounts.models import AuditEntry, User
from accounts.trail import COVERED, Told, told
from branches.models import CommitteeSeat, GroupLeader
from ledgers.registry import Registry

from .models import UNKNOWN_START, Member, Membership
from .taking_part import Attendance

ENTRIES = 50
"""Changes shown at most; all of them stand in the audit trail."""
ACTS = {
    "create": "登记入册",
    "change": "修改",
    "leave": "办理离开登记册",
    "come-back": "办理转回",
    "undo-leave": "撤销离开",
    "merge": "合并重复登记",
    "undo-merge": "撤销合并",
    "transfer": "组织关系转接",
    "reveal": "查看完整证件号和联系方式",
}
"""Audit action → what the timeline says."""


@dataclass(frozen=True)
class Moment:
    """One line of the timeline. `who` did it where it is a change of the record; `url` opens what is behind it."""

    day: date
    title: str
    detail: str = ""
    who: str = ""
    url: str = ""


Source = Callable[[Member, User], Iterable[Moment]]
"""`source(member, user)`: what the user may see of it, in a fixed number of queries."""

moment_sources: Registry[Source] = Registry()
"""What apps above add to a member's timeline."""


def registered(member: Member, user: User) -> Iterator[Moment]:
    """Yield the moments of all registered sources."""
    for source in moment_sources:
        yield from source(member, user)


def timeline(*sources: Iterable[Moment]) -> list[Moment]:
    """Put moments of several sources together, the latest first; of one day, in the order given."""
    return sorted((moment for source in sources for moment in source), key=lambda moment: moment.day, reverse=True)


def milestones(member: Member) -> Iterator[Moment]:
    """Yield joining and regularisation."""
    if member.joined_on:
        yield Moment(member.joined_on, "入党", "支部党员大会接收为预备党员")
    if member.regularised_on:
        yield Moment(member.regularised_on, "转正", "成为正式党员，党龄从这天算起")


def belonging(memberships: Iterable[Membership]) -> Iterator[Moment]:
    """Yield what began and ended each interval, given in order of time with their branches."""
    last: Membership | None = None
    for membership in memberships:
        if membership.start > UNKNOWN_START:
            yield _began(membership, last)
        if membership.end and membership.left_by in Member.Leave.values:
            paper = f"，依据：{membership.document}" if membership.document else ""
            yield Moment(membership.end, membership.get_left_by_display(), f"离开{membership.branch.name}{paper}")
        last = membership


def _began(membership: Membership, last: Membership | None) -> Moment:
    branch = membership.branch.name
    match membership.came_by:
        case Membership.Event.MOVED if last:
            return Moment(membership.start, "支部间调整", f"由{last.branch.name}调整到{branch}")
        case Membership.Event.CHANGED if last:
            return Moment(membership.start, "状态变动", "；".join(_differences(last, membership)))
        case Membership.Event.TRANSFERRED_IN:
            return Moment(membership.start, "组织关系转入", f"转入{branch}")
        case Membership.Event.RESTORED:
            return Moment(membership.start, "恢复党籍", f"编入{branch}")
    return Moment(membership.start, "编入支部", branch)


def _differences(last: Membership, now: Membership) -> Iterator[str]:
    if last.employment != now.employment:
        yield f"{last.get_employment_display() or '未填'} → {now.get_employment_display() or '未填'}"
    if last.is_floating != now.is_floating:
        yield "列为流动党员" if now.is_floating else "不再列为流动党员"


def letters(member: Member) -> Iterator[Moment]:
    """Yield letters of transfer: issued, and sent back or called back; what a receipt did tells `belonging`."""
    for letter in member.transfers.exclude(kind="in").select_related("organization", "receiver"):
        what = f"{letter.letter_number}，转往{letter.target}"
        yield Moment(letter.issued_on, "开具介绍信", what, url=letter.get_absolute_url())
        if letter.closed_on and letter.state != letter.State.RECEIVED:
            said = f"{letter.letter_number}：{letter.note}" if letter.note else letter.letter_number
            yield Moment(letter.closed_on, f"介绍信{letter.get_state_display()}", said, url=letter.get_absolute_url())


def whereabouts(member: Member) -> Iterator[Moment]:
    """Yield when somebody went away or could not be reached any more, and when that ended."""
    for record in member.whereabouts.all():
        yield Moment(record.since, record.get_kind_display(), record.destination, url=record.get_absolute_url())
        if record.until:
            yield Moment(
                record.until, f"{record.get_kind_display()}结束", record.outcome, url=record.get_absolute_url()
            )


def offices(seats: Iterable[CommitteeSeat]) -> Iterator[Moment]:
    """Yield election to and departure from committees, with their committee and organisation."""
    for seat in seats:
        committee = seat.committee
        what = f"{committee.organization.name}{committee.number}{seat.get_post_display()}"
        yield Moment(committee.start, "当选", what)
        if ended := seat.left_on or committee.ended_on:
            yield Moment(ended, "离任", what)


def leading(times: Iterable[GroupLeader]) -> Iterator[Moment]:
    """Yield the days from and until which the member led a group."""
    for time in times:
        yield Moment(time.since, "任党小组组长", time.group.name)
        if time.until:
            yield Moment(time.until, "不再任党小组组长", time.group.name)


def attendance(years: Iterable[Attendance], today: date) -> Iterator[Moment]:
    """Yield one line for each year with meetings."""
    for year in years:
        day = min(year.period.end, today)
        detail = f"应到 {year.expected.value} 次，到会 {year.present.value} 次，到会率 {year.percent}%"
        yield Moment(day, f"{year.period.label}参加组织生活", detail, url=year.expected.url)


def changes(member: Member) -> list[Moment]:
    """Return who registered, changed and looked into the record, from the audit trail; two queries."""
    trail = AuditEntry.objects.filter(model=member._meta.label_lower, object_id=str(member.pk)).order_by("-seq")
    entries = list(trail[:ENTRIES])
    moments = [
        Moment(
            timezone.localdate(one.entry.at),
            ACTS.get(one.entry.action, one.entry.action_label),
            "；".join(_spoken(one)),
            one.entry.actor_name or "系统",
        )
        for one in told(entries)
    ]
    if len(entries) < ENTRIES and not any(entry.action == "create" for entry in entries):
        moments.append(Moment(timezone.localdate(member.created_at), ACTS["create"], "随文件导入"))
    return moments


def _spoken(one: Told) -> Iterator[str]:
    """Yield each change of an entry in words, but not what a new record began with."""
    if one.entry.action == "create":
        return
    for name, before, after in one.changes:
        if one.entry.action in LOOKS:
            yield after
        elif after == COVERED:
            yield f"{name}（已更改，不显示）"
        else:
            yield f"{name}：{before or '未填'} → {after or '未填'}"
