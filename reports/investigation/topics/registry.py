"""The topics that an outline may name. To add one, write one function and put `@topic` over it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..material import Material
from ..saying import Sentence

Wording = Callable[[Material], Iterator[Sentence]]


@dataclass(frozen=True)
class Topic:
    """What one point tells. `systems` are those of the design, `about` its title in the list of what may be added."""

    key: str
    about: str
    systems: str
    write: Wording


_topics: dict[str, Topic] = {}


def topic(key: str, about: str, systems: str) -> Callable[[Wording], Wording]:
    """Put a wording function in the list of topics."""

    def register(write: Wording) -> Wording:
        _topics[key] = Topic(key, about, systems, write)
        return write

    return register


def get(key: str) -> Topic | None:
    """Return a topic by its key, None where there is none."""
    return _topics.get(key)


def every() -> Iterable[Topic]:
    """Return all topics."""
    return _topics.values()
