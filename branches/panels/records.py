"""What an organisation's page shows of its premises, enterprises and Party workers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from ledgers import facts
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.scope import may

from ..models import Organization, Shortage, Venue
from .registry import Panel
from .tree import Figure

SHOWN = 6


@dataclass(frozen=True)
class Register:
    """How a ledger is summed up on an organisation's page."""

    slug: str
    codes: tuple[str, ...]
    create: str
    empty: str

    def context(self, organization: Organization, period: Period, user: User) -> dict[str, Any] | None:
        """Return the figures as of the period's end and the way to a new row; None where nothing belongs here."""
        if organization.kind == Organization.Kind.GROUP:
            return None
        counted = facts.of(organization, period)
        may_add = may(user, Right.ORGANIZATIONS_EDIT, organization) and organization.is_live
        total = counted[self.codes[0]]
        if not total and organization.is_branch:
            return None
        return {
            "figures": _figures(organization, period, self.codes, counted),
            "total": total,
            "empty": self.empty,
            "create": f"{reverse(self.create)}?{urlencode({'organization': organization.code})}" if may_add else "",
            "note": get_ledger(self.slug).title,
            "note_url": get_ledger(self.slug).url(Query(organization, on=period.as_of())),
        }


def _figures(
    organization: Organization, period: Period, codes: Iterable[str], counted: Mapping[str, facts.Number]
) -> list[Figure]:
    asked = [facts.get(code) for code in codes]
    return [
        Figure(f.title, counted[f.code], f.unit, f.url(organization, period))
        for f in asked
        if counted[f.code] or f.code == asked[0].code
    ]


VENUES = Register(
    "venues",
    ("venues.total", "venues.area", "venues.own", "venues.rented", "venues.borrowed", "venues.shared", "venues.short"),
    "branches:venue-create",
    "还没有登记阵地。",
)
ENTERPRISES = Register(
    "enterprises",
    (
        "enterprises.total",
        "enterprises.with_members",
        "enterprises.eligible",
        "enterprises.organised",
        "enterprises.with_instructor",
    ),
    "branches:enterprise-create",
    "还没有登记两新组织。",
)
WORKERS = Register(
    "workers",
    ("workers.total", "workers.reserve", "workers.left"),
    "branches:worker-create",
    "还没有登记党务工作者。",
)


def _venues(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The numbers, the organisation's own premises, and whether it is marked short today."""
    today = timezone.localdate()
    context = VENUES.context(organization, period, user)
    own = list(Venue.objects.filter(organization=organization).in_use_on(today)[:SHOWN])
    shortage = Shortage.objects.filter(organization=organization).open_on(today).first()
    if context is None and shortage is None:
        return None
    return {**(context or {}), "venues": own, "shortage": shortage}


def _workers(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The numbers, and the organisation's own Party workers today."""
    context = WORKERS.context(organization, period, user)
    if context is None:
        return None
    people = organization.workers.employed_on(timezone.localdate()).order_by("start", "pk")
    return context | {"workers": people[:SHOWN]}


PANELS = (
    Panel("党务工作者", "branches/panels/workers.html", _workers, order=30),
    Panel("阵地", "branches/panels/venues.html", _venues, order=32),
    Panel("两新组织", "branches/panels/register.html", ENTERPRISES.context, order=34),
)
