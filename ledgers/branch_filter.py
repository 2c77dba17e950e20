"""The branch filter of every ledger: the organisation chosen at the top, narrowed to one branch below it.

It changes whose rows are asked for and nothing else, so that list, count, sum, export and print keep to it alike, and
what a branch's list shows is what its own pages show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Q

from .ledger import Ledger, Query

if TYPE_CHECKING:
    from branches.models import Organization

BRANCH = "branch"
"""Name of the filter in query strings; its value is the branch's code."""

Grouped = Sequence[tuple[str, Sequence[tuple[str, str]]]]
"""Heading → choices; the heading is empty where all choices stand under one."""


@dataclass(frozen=True)
class BranchFilter:
    """What a list offers to narrow it by: the branches below the organisation chosen, and the one in use, if any."""

    branches: Grouped = ()
    chosen: str = ""


def narrowed(ledger: Ledger, user: Any, place: "Organization | None", code: str) -> "Organization | None":
    """Return the branch of that code, or the place itself where the user sees no such branch below it."""
    if not code or place is None or not ledger.organization:
        return place
    branches = _branches(ledger, user, place).filter(code=code)
    return branches.first() or place


def offered(ledger: Ledger, user: Any, place: "Organization | None", query: Query) -> BranchFilter:
    """Return the branches to offer for a query over a place: those that were live at some time of it. One query."""
    if place is None or place.is_branch or not ledger.organization:
        return BranchFilter()
    kinds = apps.get_model("branches", "Organization").Kind
    chosen = query.organization.code if query.organization and query.organization.pk != place.pk else ""
    below = _below(ledger, user, place).exclude(kind=kinds.GROUP)
    if query.period or not ledger.date:  # of all times, every branch that ever was
        first, last = (query.period.start, query.period.end) if query.period else (query.day, query.day)
        founded = Q(established__isnull=True) | Q(established__lte=last)
        lasting = Q(dissolved_on__isnull=True) | Q(dissolved_on__gt=first)
        below = below.filter((founded & lasting) | Q(code=chosen))
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    above: list[Any] = []
    for each in below.only("code", "name", "short_name", "kind", "path"):
        if not each.is_branch:
            above.append(each)
            continue
        heading = next((one.label for one in reversed(above) if each.path.startswith(one.path)), "")
        if not groups or groups[-1][0] != heading:
            groups.append((heading, []))
        groups[-1][1].append((each.code, each.name))
    return BranchFilter(groups, chosen)


def _below(ledger: Ledger, user: Any, place: "Organization") -> Any:
    found = apps.get_model("branches", "Organization").objects.visible_to(user, ledger.right).under(place)
    return found.exclude(pk=place.pk).order_by("path")


def _branches(ledger: Ledger, user: Any, place: "Organization") -> Any:
    return _below(ledger, user, place).branches()
