"""What stands on an activity's page beside the record: sections, each declared by the concern that keeps it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from ledgers.registry import Registry

from ..models import Activity


@dataclass(frozen=True)
class Section:
    """One card on an activity's page.

    The page draws the card and its title. `context(activity, user)` returns what `template`, the rest of the card,
    reads as `section`, or None where there is nothing to show to this user; it makes a number of queries that does not
    grow with the records. `order` sorts the cards; an `aside` one stands in the narrow column, under the roll.
    """

    title: str
    template: str
    context: Callable[[Activity, User], Mapping[str, Any] | None]
    order: int = 50
    aside: bool = False


activity_sections: Registry[Section] = Registry(order=lambda section: section.order)
"""The cards of an activity's page."""


def sections_of(activity: Activity, user: User) -> list[tuple[Section, Mapping[str, Any]]]:
    """Return the sections that have something to say, each with what its template reads."""
    asked = ((section, section.context(activity, user)) for section in activity_sections)
    return [(section, context) for section, context in asked if context is not None]
