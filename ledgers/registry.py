"""What a lower app shows of higher ones: each adds its own, and the lower one knows none of them by name."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Things that apps add in their `ready`, in the order in which they were added, or sorted."""

    def __init__(self, order: Callable[[T], Any] | None = None) -> None:
        self._things: list[T] = []
        self._order = order

    def add(self, *things: T) -> None:
        """Add things; one that is there already stays once."""
        self._things.extend(thing for thing in things if thing not in self._things)
        if self._order is not None:
            self._things.sort(key=self._order)

    def __iter__(self) -> Iterator[T]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)
