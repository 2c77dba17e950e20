"""What stands on an organisation's page: panels and actions, each declared by the app whose records they show.

The page asks every panel and action registered here, so that an app above adds its own in `AppConfig.ready`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from accounts.permissions import Right
from ledgers import facts
from ledgers.period import Period
from ledgers.registry import Registry
from ledgers.scope import may

from ..models import Organization


@dataclass(frozen=True)
class Panel:
    """One card on an organisation's page.

    The page draws the card and its title. `context(organization, period, user)` returns what `template`, the rest of
    the card, reads as `panel`, or None where there is nothing to say about this organisation; it makes a number of
    queries that does not grow with the records. Its `note` (with `note_url`) stands at the right of the title.
    `order` sorts the cards; a `wide` one takes the whole row.
    """

    title: str
    template: str
    context: Callable[[Organization, Period, User], Mapping[str, Any] | None]
    order: int = 50
    wide: bool = False


@dataclass(frozen=True)
class Action:
    """One button of an organisation's page, shown to who has the right on it and where `url` gives an address.

    The lowest `order` that is shown is the page's primary button.
    """

    label: str
    url: Callable[[Organization], str]
    right: Right
    order: int = 50


panels: Registry[Panel] = Registry(order=lambda panel: panel.order)
"""The cards of an organisation's page."""
actions: Registry[Action] = Registry(order=lambda action: action.order)
"""The buttons of an organisation's page."""


def panels_of(organization: Organization, period: Period, user: User) -> list[tuple[Panel, Mapping[str, Any]]]:
    """Return the panels that have something to say, each with what its template reads."""
    with facts.read_once():
        asked = [(panel, panel.context(organization, period, user)) for panel in panels]
    return [(panel, context) for panel, context in asked if context is not None]


def actions_of(organization: Organization, user: User) -> list[tuple[str, str]]:
    """Return (label, address) of what the user may do here, the primary one first."""
    allowed = [action for action in actions if may(user, action.right, organization)]
    return [(action.label, url) for action in allowed if (url := action.url(organization))]
