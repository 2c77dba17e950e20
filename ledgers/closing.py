"""The lock of a month: who writes into a locked month gives a reason, and what was written is marked.

Every way in (`Record.record`, `erase`, `record_all`, import, undo) tells here, inside its transaction, which months of
which organisations it touches. Judgements (findings, sheets) are no entries and do not.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, timedelta

from django.apps import apps
from django.db import models
from django.utils import timezone

from accounts.acting import current_actor

from .models.batch import REASON
from .models.closing import ClosedMonth, LateEntry
from .models.record import Touch
from .registry import Registry

Places = Collection[tuple[int, date]]
"""Organisation id and first day of a month."""
Mark = tuple[models.Model | None, str, tuple[int, date]]
"""A record, or nothing of its own; what it is called; where and when it belongs."""
Act = LateEntry.Act
AT_ONCE = timedelta(hours=1)
"""For how long what one person does to one record for one reason is one entry."""
_reason: ContextVar[str] = ContextVar("late_reason", default="")


class MonthClosed(Exception):
    """A locked month would be written into and no reason was given. The message is Chinese, for the person."""

    def __init__(self, months: Collection[date]) -> None:
        named = "、".join(f"{month.year}年{month.month}月" for month in sorted(months)[:3])
        more = f"等 {len(months)} 个月" if len(months) > 3 else ""
        super().__init__(f"{named}{more}已经锁定，以后的登记和改动都要写明补录原因")


class BehindLock(Exception):
    """What was decided for good rests on what would be taken back. The message is Chinese, for the person."""


locks: Registry[Callable[[Places], str]] = Registry()
"""Each says why nothing may be taken back in some months of some organisations, or returns nothing."""


@contextmanager
def with_reason(reason: str) -> Iterator[None]:
    """Let what is written inside into locked months be written, for this reason."""
    token = _reason.set(reason.strip()[:REASON])
    try:
        yield
    finally:
        _reason.reset(token)


def locked(touches: Iterable[Touch]) -> set[tuple[int, date]]:
    """Return those of the touched organisations and months whose street has locked the month.

    At most two queries; none for what is of this month.
    """
    running = timezone.localdate().replace(day=1)
    places = {(one.organization_id, one.day.replace(day=1)) for one in touches if one.organization_id is not None}
    earlier = {(pk, month) for pk, month in places if month < running}
    if not earlier:
        return set()
    closed = ClosedMonth.objects.filter(month__in={month for _, month in earlier})
    streets = list(closed.values_list("street__path", "month"))
    if not streets:
        return set()
    tree = apps.get_model("branches", "Organization")._default_manager
    paths = dict(tree.filter(pk__in={pk for pk, _ in earlier}).values_list("pk", "path"))
    return {
        (pk, month)
        for pk, month in earlier
        if any(month == of and paths.get(pk, "").startswith(street) for street, of in streets)
    }


def enter(act: str, what: str, touches: Iterable[Touch], record: models.Model | None = None) -> set[tuple[int, date]]:
    """Mark what is written into locked months; return these places.

    Raises MonthClosed where one is and there is no reason.
    """
    places = locked(touches)
    if places:
        _mark([(record, what, place) for place in places], act)
    return places


def enter_rows(act: str, rows: Iterable[tuple[models.Model, Iterable[Touch]]]) -> set[tuple[int, date]]:
    """Mark many records at once, each with what it touches; return these places. Raises MonthClosed."""
    held = [(record, list(touches)) for record, touches in rows]
    places = locked(touch for _, touches in held for touch in touches)
    if places:
        marks = [
            (record, str(record._meta.verbose_name), place)
            for record, touches in held
            for place in places & {(one.organization_id, one.day.replace(day=1)) for one in touches}
        ]
        _mark(marks, act)
    return places


def refuse_behind_locks(places: Places) -> None:
    """Refuse to take back what decided results rest on. Raises BehindLock."""
    for lock in locks if places else ():
        if words := lock(places):
            raise BehindLock(words)


def _mark(marks: Collection[Mark], act: str) -> None:
    reason, who = _reason.get(), current_actor()
    if not reason:
        raise MonthClosed({month for _, _, (_, month) in marks})
    if act == Act.CHANGE:
        marks = _not_told_yet(marks, reason)
    LateEntry.objects.bulk_create(
        (
            LateEntry.of(record, what, organization_id=pk, month=month, act=act, reason=reason, by=who)
            for record, what, (pk, month) in marks
        ),
        batch_size=500,
    )


def _not_told_yet(marks: Collection[Mark], reason: str) -> list[Mark]:
    """Leave out changes of what the same person entered or changed just now for the same reason. One query."""
    keys = {record.pk for record, _, _ in marks if record is not None}
    lately = LateEntry.objects.filter(at__gte=timezone.now() - AT_ONCE, by=current_actor(), reason=reason)
    told = set(lately.filter(object_id__in=keys).values_list("model", "object_id", "organization", "month"))
    return [
        (record, what, place)
        for record, what, place in marks
        if record is None or (record._meta.label, record.pk, *place) not in told
    ]
