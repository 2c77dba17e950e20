"""What the pages of an organisation and of a member show of transfers and whereabouts; what waits to be taken in."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Panel
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.scope import may
from ledgers.views import EVER

from ..models import Member, Transfer
from .sections import Section

LINES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("转出未接收", "封", "transfers", {"state": "issued"}),
    ("流出", "人", "floating", {"kind": "out"}),
    ("流入", "人", "floating", {"kind": "in"}),
    ("失联", "人", "lost-contact", {}),
)
"""Words, unit, ledger and filters of the figures on an organisation's page."""


def _moving(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """Letters under way, and who is away, here from elsewhere or out of contact today; five queries."""
    if not may(user, Right.MEMBERS_VIEW, organization) or organization.kind == Organization.Kind.GROUP:
        return None
    lines = []
    for words, unit, slug, filters in LINES:
        ledger, query = get_ledger(slug), Query(organization, filters=filters)
        url = ledger.url(query) + (f"&{urlencode({'period': EVER})}" if ledger.date else "")
        lines.append((words, ledger.rows(query, user).count(), unit, url))
    addressed = organization.subtree("receiver__path")
    inbox = Transfer.objects.inbox_of(user).filter(addressed).count()
    return {"lines": lines, "inbox": inbox, "inbox_url": reverse("members:inbox") if inbox else "", "note": "今天"}


def _belonging(member: Member, user: User) -> Mapping[str, Any]:
    """A member's letters and whereabouts, the latest first, and what can be entered; two queries."""
    letters = list(member.transfers.select_related("organization", "receiver").order_by("-issued_on", "-pk"))
    records = list(member.whereabouts.with_last_contact().order_by("-since", "-pk"))
    open_kinds = {record.kind for record in records if record.is_open}
    return {
        "member": member,
        "letters": letters,
        "records": records,
        "under_way": any(letter.is_waiting for letter in letters),
        "is_out": "out" in open_kinds,
        "is_lost": "lost" in open_kinds,
        "may_edit": not member.left_on and may(user, Right.MEMBERS_EDIT, member.branch),
    }


def waiting_for(user: User) -> int:
    """Return how many letters wait for the user to take them in."""
    return Transfer.objects.inbox_of(user).count()


PANEL = Panel("转接与流动", "members/panels/moving.html", _moving, order=22)
SECTION = Section("转接与去向", "members/sections/belonging.html", _belonging, order=30)
