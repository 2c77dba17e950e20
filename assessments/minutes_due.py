"""The workbench's reminder of minutes whose days run out (R19)."""

from collections.abc import Iterator
from datetime import date, timedelta

from accounts.models import User
from activities.models import Activity
from branches.models import Organization
from branches.panels.todos import Todo, days_left
from ledgers import ledger as ledgers
from ledgers.ledger import Query

from .local import MINUTES_DAYS, LocalNumbers
from .models import LocalSetting

AHEAD = timedelta(days=2)
"""How long before their last day minutes are asked for."""


def minutes_due(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield one line for the minutes that must be handed in within two days; those that are late the rule finds."""
    drafts = (
        Activity.objects.visible_to(user)
        .under(organization)
        .filter(status=Activity.Status.DRAFT, date__range=(today - timedelta(days=MINUTES_DAYS.most), today))
    )
    rows = list(drafts.select_related("organization").only("date", "kind", "topic", "organization__path"))
    if not rows:
        return
    local = LocalNumbers(LocalSetting.objects.select_related("organization"))
    due = sorted(
        (draft.date + timedelta(days=local.of(MINUTES_DAYS, draft.organization)), draft.pk, draft) for draft in rows
    )
    soon = [(day, draft) for day, _, draft in due if today <= day <= today + AHEAD]
    if not soon:
        return
    day, first = soon[0]
    url = ledgers.get("activities").url(Query(organization, filters={"status": "draft"})) + "&period=all"
    text = f"{len(soon)} 份会议记录快到提交期限"
    if len(soon) == 1:
        url, text = first.get_absolute_url(), f"{first.date:%m-%d} {first.get_kind_display()}的会议记录快到提交期限"
    yield Todo("warn", "记录", text, url, days_left(day, today))
