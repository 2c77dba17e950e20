"""The transaction in which the portal changes anything: one place, so that what must come last can come last.

`atomic` is Django's, with a list of things to do before the outermost one commits. The audit trail is written there:
it takes the one row that every change needs, so it is taken after all others, for as short a time as can be, and never
while another row is still to be waited for. What an inner transaction put on the list goes when it is rolled back.
"""

from collections.abc import Callable
from contextlib import ContextDecorator
from types import TracebackType
from typing import Any, TypeVar, overload

from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

F = TypeVar("F", bound=Callable[..., Any])
Work = Callable[[list[Any]], None]
TRIES = 4
"""How often a transaction that lost against another one is run in all."""
LOST = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL's codes of a serialisation failure, of a deadlock, and of a lock waited for too long."""


class Unit:
    """What an outermost transaction has still to do before it commits, for each kind of work in the order of time."""

    def __init__(self) -> None:
        self.opened: list[tuple[transaction.Atomic, int]] = []
        self.waiting: list[tuple[Work, Any]] = []

    def finish(self) -> None:
        """Do what is waiting, one call for each kind of work."""
        by_work: dict[Work, list[Any]] = {}
        for work, thing in self.waiting:
            by_work.setdefault(work, []).append(thing)
        self.waiting.clear()
        for work, things in by_work.items():
            work(things)


def _unit(connection: BaseDatabaseWrapper) -> Unit:
    unit: Unit | None = getattr(connection, "portal_unit", None)
    if unit is None:
        unit = connection.portal_unit = Unit()  # type: ignore[attr-defined]
    return unit


class Atomic(ContextDecorator):
    """Django's `atomic` of the default database, whose outermost one finishes what is waiting before it commits."""

    def __enter__(self) -> None:
        connection = transaction.get_connection()
        unit = _unit(connection)
        if not unit.opened:
            unit.waiting.clear()
        inner: transaction.Atomic = transaction.Atomic(None, True, False)
        inner.__enter__()
        unit.opened.append((inner, len(unit.waiting)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection = transaction.get_connection()
        unit = _unit(connection)
        inner, mark = unit.opened.pop()
        try:
            if error is not None or connection.needs_rollback:
                del unit.waiting[mark:]
            elif not unit.opened:
                unit.finish()
        except BaseException as failure:
            unit.waiting.clear()
            inner.__exit__(type(failure), failure, failure.__traceback__)
            raise
        inner.__exit__(kind, error, trace)


@overload
def atomic(function: F) -> F: ...
@overload
def atomic() -> Atomic: ...
def atomic(function: Callable[..., Any] | None = None) -> Any:
    """Run a block, or a function, in one transaction: `with atomic():` or `@atomic`."""
    return Atomic() if function is None else Atomic()(function)


def before_commit(work: Work, thing: Any) -> None:
    """Have `work` called with a list of all such things when the outermost transaction is about to commit.

    At once where there is none of ours: inside Django's own `atomic` only.
    """
    unit = _unit(transaction.get_connection())
    if unit.opened:
        unit.waiting.append((work, thing))
    else:
        work([thing])


def take_turns(kind: str, *names: str) -> None:
    """Let nobody else past who is about to do the same, until the transaction ends; for what has no row to lock yet.

    On SQLite there is one writer anyway.
    """
    connection = transaction.get_connection()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(name, 0))"
                " FROM unnest(%s::text[]) AS turn (name) ORDER BY name",
                [[f"{kind} {name}" for name in names]],
            )


def lost(error: BaseException) -> bool:
    """Say whether a transaction failed only because another one was faster, so that it may be run again."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "pgcode", None) in LOST


def tried_again(function: Callable[[], Any]) -> Any:
    """Run a whole transaction again, a few times at most, as long as it loses against others.

    Only outside of any transaction: what another one has rolled back cannot be run again in part.
    """
    for left in reversed(range(TRIES)):
        try:
            return function()
        except OperationalError as error:
            if not left or not lost(error) or transaction.get_connection().in_atomic_block:
                raise
    return None
