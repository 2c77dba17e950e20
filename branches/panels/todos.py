"""What the workbench asks each concern: what is to be done in an organisation, late or soon.

The workbench asks every source registered here, so that a concern adds its own in `AppConfig.ready`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from accounts.models import User
from ledgers.registry import Registry

from ..models import Organization


@dataclass(frozen=True)
class Todo:
    """One line of the list: a state (`bad` late, `warn` due, `none`) with its word, what to do, where, and when."""

    state: str
    word: str
    text: str
    url: str
    when: str = ""


def days_left(last: date, today: date) -> str:
    """Return how long there is still time, for `when`."""
    days = (last - today).days
    return f"还有 {days} 天" if days else "今天到期"


Source = Callable[[Organization, User, date], Iterable[Todo]]
"""`source(organization, user, today)`: what this user may see of it in the subtree, in a fixed number of queries."""

todo_sources: Registry[Source] = Registry()
"""What the workbench asks."""


def todos_of(organization: Organization, user: User, today: date) -> list[Todo]:
    """Return what all sources have to say."""
    return [todo for source in todo_sources for todo in source(organization, user, today)]
