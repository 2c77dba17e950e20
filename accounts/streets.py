"""Which street an organisation belongs to: a chain of the trail, a lock, a set of marks is kept for each street.

The tree is another app's; that app says how to ask it. Where no street stands above an organisation, the root of its
tree stands for one. What belongs to no organisation at all (failed sign-ins, the command line) has the street 0.
"""

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from django.db.models import Q, QuerySet

NONE = 0
"""The street of what belongs to no organisation."""


class Tree(Protocol):
    """Who knows where the streets stand."""

    def streets_of(self, paths: Collection[str]) -> dict[str, int]:
        """Return path → id of its street; paths of no organisation are left out."""

    def streets_with(self, path: str) -> set[int]:
        """Return the ids of the streets in which a subtree lies: its own, or those below it."""

    def streets_about(self, path: str) -> QuerySet[Any]:
        """Return the ids of all streets whose chains may tell of a subtree: its own, those below it, the root above."""


_tree: list[Tree] = []


def register(tree: Tree) -> None:
    """Say who knows the tree; called by its owner."""
    _tree[:] = [tree]


def streets_of(paths: Iterable[str]) -> dict[str, int]:
    """Return path → id of its street, `NONE` for an empty path and for one that no organisation has. One query."""
    wanted = set(paths)
    known = _tree[0].streets_of(wanted - {""}) if any(wanted) else {}
    return {path: known.get(path, NONE) for path in wanted}


def inside(path: str) -> list[int]:
    """Return the ids of the streets in which a subtree lies, in order; of all streets for no path. One query."""
    return sorted(_tree[0].streets_with(path))


def about(path: str) -> Q:
    """Return the condition that `street_id` is of a street whose chain may tell of an organisation's subtree."""
    return Q(street_id=NONE) | Q(street_id__in=_tree[0].streets_about(path))
