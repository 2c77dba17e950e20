"""Benchmarks: how long the office waits, on data of a stated size, against a stated limit.

A benchmark is a function under `@case` in any module of this package; `make bench` finds it, runs it in a process of
its own over a database full of demo data, and reports the median, the slowest run, the queries and the peak memory.
"""

from collections.abc import Callable
from dataclasses import dataclass

Run = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One benchmark. `prepare` does what is not measured and returns what is; limits are seconds and MiB."""

    name: str
    title: str
    prepare: Callable[[], Run]
    limit: float
    memory: int | None
    repeat: int


CASES: dict[str, Case] = {}


def case(
    title: str, *, limit: float, memory: int | None = None, repeat: int = 5
) -> Callable[[Callable[[], Run]], Callable[[], Run]]:
    """Register a function that prepares a run, and returns the run, as a benchmark."""

    def register(prepare: Callable[[], Run]) -> Callable[[], Run]:
        name = f"{prepare.__module__.rpartition('.')[2]}.{prepare.__name__}"
        CASES[name] = Case(name, title, prepare, limit, memory, repeat)
        return prepare

    return register
