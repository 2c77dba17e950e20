"""What stands on a member's page beside the record: sections, each declared by the concern whose records it shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from ledgers.registry import Registry

from ..models import Member


@dataclass(frozen=True)
class Section:
    """One card on a member's page.

    The page draws the card and its title. `context(member, user)` returns what `template`, the rest of the card, reads
    as `section`, or None where there is nothing to show to this user; it makes a number of queries that does not grow
    with the records. `order` sorts the cards.
    """

    title: str
    template: str
    context: Callable[[Member, User], Mapping[str, Any] | None]
    order: int = 50


member_sections: Registry[Section] = Registry(order=lambda section: section.order)
"""The cards of a member's page."""


def sections_of(member: Member, user: User) -> list[tuple[Section, Mapping[str, Any]]]:
    """Return the sections that have something to say, each with what its template reads."""
    asked = ((section, section.context(member, user)) for section in member_sections)
    return [(section, context) for section, context in asked if context is not None]
