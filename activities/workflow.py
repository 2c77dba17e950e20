"""Who may do what with an activity in its state, and what was done with it so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.actions import LOOKS
from accounts.models import AuditEntry, User
from accounts.permissions import Right
from accounts.trail import Told, told
from ledgers.scope import may

from .models import Activity

SHOWN_CHARACTERS = 40
HISTORY_SHOWN = 50


@dataclass(frozen=True)
class Allowed:
    """What one user may do next with one activity."""

    edit: bool
    submit: bool
    confirm: bool
    send_back: bool
    delete: bool
    copy: bool

    @classmethod
    def of(cls, activity: Activity, user: User) -> "Allowed":
        """Ask the rights on the activity's organisation and the activity's state; no query beyond the postings."""
        keeps = may(user, Right.ACTIVITIES_EDIT, activity.organization)
        judges = may(user, Right.ACTIVITIES_CONFIRM, activity.organization)
        return cls(
            edit=keeps and (activity.is_open or judges),
            submit=keeps and activity.is_open,
            confirm=judges and activity.status == Activity.Status.SUBMITTED,
            send_back=judges and not activity.is_open,
            delete=keeps and activity.status == Activity.Status.DRAFT,
            copy=keeps,
        )


def history_of(activity: Activity) -> Sequence[Told]:
    """Return what was done with the activity, the latest first; downloads and looks are for the auditors only."""
    entries = AuditEntry.objects.filter(model=activity._meta.label_lower, object_id=str(activity.pk))
    return told(entries.exclude(action__in=LOOKS).order_by("-seq")[:HISTORY_SHOWN])


def said_of(one: Told) -> str:
    """Return what an entry changed, short, in Chinese."""
    if one.entry.action == "roll":
        return f"{len(one.changes)} 人的考勤"
    if one.entry.action == "create":
        return ""
    parts = []
    for name, before, after in one.changes:
        if name in ("状态", "提交时间", "提交人", "确认时间", "确认人"):
            continue
        parts.append(f"{name}：{_short(before)} → {_short(after)}" if before else f"{name}：{_short(after)}")
    return "；".join(parts)


def _short(value: str) -> str:
    text = " ".join(value.split()) or "（空）"
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
