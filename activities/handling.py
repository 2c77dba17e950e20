"""Who may do what with an activity in its state, and what was done with it so far."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import AuditEntry, User
from accounts.permissions import Right
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


def history_of(activity: Activity) -> Iterable[AuditEntry]:
    """Return what was done with the activity, the latest first; downloads and looks are for the auditors only."""
    entries = AuditEntry.objects.filter(model=activity._meta.label_lower, object_id=str(activity.pk))
    return entries.exclude(action="download").order_by("-seq")[:HISTORY_SHOWN]


def said_of(entry: AuditEntry) -> str:
    """Return what an entry changed, short, in Chinese."""
    if entry.action == "roll":
        return f"{len(entry.changes)} 人的考勤"
    if entry.action == "create":
        return ""
    parts = []
    for name, before, after in entry.change_rows():
        if name in ("状态", "提交时间", "提交人", "确认时间", "确认人"):
            continue
        if name == "组织":
            parts.append("换了组织")
            continue
        shown = [_short(value) for value in (before, after)]
        parts.append(f"{name}：{shown[0]} → {shown[1]}" if before not in (None, "") else f"{name}：{shown[1]}")
    return "；".join(parts)


def _short(value: object) -> str:
    text = " ".join(str(value).split()) if value not in (None, "") else "（空）"
    text = dict(Activity.Kind.choices).get(text, text)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
