"""Members, asked in the office's words."""

from datetime import date
from typing import TYPE_CHECKING, Any, Self

from dateutil.relativedelta import relativedelta
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import ExtractDay, ExtractMonth, ExtractYear
from django.db.models.lookups import LessThanOrEqual

from accounts.encryption import blind_index
from accounts.permissions import Right
from branches.querysets import live_on as organization_live_on
from ledgers.scope import ScopedQuerySet

if TYPE_CHECKING:
    from .models import Member, Membership  # noqa: F401


def in_force(day: date, prefix: str = "") -> Q:
    """Return the condition that a membership interval, reached by `prefix`, covers the day; its `end` is not in it."""
    return Q(**{f"{prefix}start__lte": day}) & (Q(**{f"{prefix}end__isnull": True}) | Q(**{f"{prefix}end__gt": day}))


PROBATION = relativedelta(years=1)
PROBATION_SINCE = date(1977, 8, 18)
"""Day of the Party constitution that brought probation back, which that of 1969 had abolished."""


def _days(day: Any) -> Any:
    """Return a number that grows with the day, 372 a year: years can be added to it in either database."""
    return ExtractYear(day) * 372 + ExtractMonth(day) * 31 + ExtractDay(day)


def full_on(day: Any, prefix: str = "member__") -> Q:
    """Return the condition that a member is a full member on a day (a date or an OuterRef): regularised by then.

    Where no day of regularisation is known, not before the year of probation can have been over.
    """
    joined = f"{prefix}joined_on"
    undated = Q(**{f"{joined}__isnull": True}) | Q(**{f"{joined}__lt": PROBATION_SINCE})
    if isinstance(day, date):
        undated |= Q(**{f"{joined}__lte": day - PROBATION})
    else:
        undated |= Q(LessThanOrEqual(_days(F(joined)) + 372, _days(day)))
    return Q(**{f"{prefix}category": "full"}) & (
        Q(**{f"{prefix}regularised_on__lte": day}) | (Q(**{f"{prefix}regularised_on__isnull": True}) & undated)
    )


def matching(text: str, prefix: str = "") -> Q:
    """Return the condition of the search box: part of a name, pinyin initials, a whole citizen ID or phone."""
    text = text.strip()
    compact = text.replace(" ", "").upper()
    if compact[:-1].isdigit() and len(compact) in (15, 18):
        from ledgers.parsing import Unparsable, citizen_id

        try:
            number = citizen_id(compact)
        except Unparsable:
            number = compact
        return Q(**{f"{prefix}id_number_index": blind_index(number or "", "citizen-id")})
    if compact.isdigit() and len(compact) >= 7:
        return Q(**{f"{prefix}phone_index": blind_index(compact, "phone")})
    if compact.isascii() and compact.isalpha():
        return Q(**{f"{prefix}initials__startswith": compact.lower()}) | Q(
            **{f"{prefix}pinyin__startswith": compact.lower()}
        )
    return Q(**{f"{prefix}name__has_part": text})


class MemberQuerySet(ScopedQuerySet["Member"]):
    path = "branch__path"
    right = Right.MEMBERS_VIEW

    def live_on(self, day: date) -> Self:
        """Keep who was a member of some branch on that day."""
        from .models import Membership

        return self.filter(Exists(Membership.objects.filter(in_force(day), member=OuterRef("pk"))))

    def live(self) -> Self:
        """Keep who is in the register now."""
        return self.filter(left_on__isnull=True)

    def floating(self) -> Self:
        """Keep who is marked floating."""
        return self.filter(is_floating=True)

    def search(self, text: str) -> Self:
        """Keep who fits the search box."""
        return self.filter(matching(text))

    def with_citizen_id(self, number: str) -> Self:
        """Keep who has this ID, found through the blind index."""
        return self.filter(id_number_index=blind_index(number, "citizen-id"))


class MembershipQuerySet(ScopedQuerySet["Membership"]):
    path = "branch__path"
    right = Right.MEMBERS_VIEW

    def in_force_on(self, day: date) -> Self:
        """Keep the intervals that cover the day: one for each live member."""
        return self.filter(in_force(day))

    def full_on(self, day: date) -> Self:
        """Keep the intervals of full members, on that day."""
        return self.filter(full_on(day))

    def in_live_branches(self, day: date) -> Self:
        """Keep the intervals in branches that exist on that day."""
        return self.filter(organization_live_on(day, "branch__"))
