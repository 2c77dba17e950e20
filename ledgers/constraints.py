"""A model's constraints held against many records before they are written: one query for each unique one, none else.

Conditions are evaluated here as the database would: what is unknown (NULL) breaks nothing. One that uses more than
comparisons of fields and values is left to the database.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Lookup

Record = Mapping[str, Any]
"""Attribute name → value of one record, its key under "pk"."""
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "exact": lambda a, b: a == b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "in": lambda a, b: a in b,
    "range": lambda a, b: b[0] <= a <= b[1],
}


@dataclass(frozen=True)
class Broken:
    """One constraint that a record breaks: the fields that it speaks of, by attribute name, and what to say."""

    fields: Sequence[str]
    message: str


class TooMuch(Exception):
    """A condition that only the database can evaluate."""


def fields_of(model: type[models.Model]) -> list[str]:
    """Return the attribute names of the fields that the model's constraints speak of."""
    found: dict[str, None] = {}
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            found |= dict.fromkeys(_attname(model, name) for name in constraint.fields)
        found |= dict.fromkeys(_named(model, getattr(constraint, "condition", None)))
    return list(found)


def broken(model: type[models.Model], records: Sequence[Record]) -> Iterator[tuple[int, Broken]]:
    """Yield (place of a record, what it breaks) for records that are about to be written together."""
    for constraint in model._meta.constraints:
        try:
            if isinstance(constraint, models.CheckConstraint):
                yield from _unchecked(model, constraint, records)
            elif isinstance(constraint, models.UniqueConstraint) and constraint.fields:
                yield from _repeated(model, constraint, records)
        except TooMuch:
            continue


def _unchecked(
    model: type[models.Model], constraint: models.CheckConstraint, records: Sequence[Record]
) -> Iterator[tuple[int, Broken]]:
    fields = list(_named(model, constraint.condition))
    message = _message(constraint, "填写的内容不能登记，请核对")
    for number, record in enumerate(records):
        if _holds(model, constraint.condition, record) is False:
            yield number, Broken(fields, message)


def _repeated(
    model: type[models.Model], constraint: models.UniqueConstraint, records: Sequence[Record]
) -> Iterator[tuple[int, Broken]]:
    fields = [_attname(model, name) for name in constraint.fields]
    asked: dict[int, tuple[Any, ...]] = {}
    for number, record in enumerate(records):
        key = tuple(record[name] for name in fields)
        if None not in key and (constraint.condition is None or _holds(model, constraint.condition, record) is True):
            asked[number] = key
    if not asked:
        return
    rows = model._default_manager.filter(**{f"{fields[0]}__in": {key[0] for key in asked.values()}})
    if constraint.condition is not None:
        rows = rows.filter(constraint.condition)
    rewritten = {record["pk"] for record in records if record["pk"] is not None}
    taken = {tuple(key) for pk, *key in rows.values_list("pk", *fields) if pk not in rewritten}
    message = _message(constraint, "同样的内容已经登记过，请核对")
    for number, key in asked.items():
        if key in taken:
            yield number, Broken(fields, message)
        taken.add(key)


def _message(constraint: models.BaseConstraint, otherwise: str) -> str:
    own = constraint.violation_error_message
    return otherwise if own == constraint.default_violation_error_message else str(own)


def _attname(model: type[models.Model], name: str) -> str:
    try:
        return str(model._meta.get_field(name).attname)  # type: ignore[union-attr]
    except (FieldDoesNotExist, AttributeError):
        raise TooMuch from None


def _named(model: type[models.Model], condition: Any) -> Iterator[str]:
    """Yield the attribute names that a condition speaks of, as far as they can be told."""
    try:
        if isinstance(condition, Q):
            for child in condition.children:
                yield from _named(model, child)
        elif isinstance(condition, tuple):
            yield _attname(model, condition[0].split("__")[0])
            if isinstance(condition[1], F):
                yield from _named(model, condition[1])
        elif isinstance(condition, F):
            yield _attname(model, condition.name)  # type: ignore[attr-defined]
        elif isinstance(condition, Lookup):
            yield from _named(model, condition.lhs)
            yield from _named(model, condition.rhs)
    except TooMuch:
        return


def _holds(model: type[models.Model], condition: Any, record: Record) -> bool | None:
    """Say whether a condition holds of a record; None where that is unknown. Raises TooMuch."""
    if isinstance(condition, Lookup):
        return _compare(
            condition.lookup_name, *(_value(model, side, record) for side in (condition.lhs, condition.rhs))
        )
    if isinstance(condition, tuple):
        path, wanted = condition
        name, _, lookup = path.partition("__")
        if wanted is None:  # Django's way of asking for NULL
            lookup, wanted = "isnull", True
        return _compare(lookup or "exact", record[_attname(model, name)], _value(model, wanted, record))
    if not isinstance(condition, Q):
        raise TooMuch
    parts = [_holds(model, child, record) for child in condition.children]
    if condition.connector == Q.AND:
        whole = False if False in parts else None if None in parts else True
    elif condition.connector == Q.OR:
        whole = True if True in parts else None if None in parts else False
    else:
        raise TooMuch
    return (not whole) if condition.negated and whole is not None else whole


def _value(model: type[models.Model], side: Any, record: Record) -> Any:
    if isinstance(side, F):
        return record[_attname(model, side.name)]  # type: ignore[attr-defined]
    if hasattr(side, "resolve_expression"):
        raise TooMuch
    return side


def _compare(lookup: str | None, left: Any, right: Any) -> bool | None:
    if lookup == "isnull":
        return (left is None) == right
    compare = COMPARE.get(lookup or "")
    if compare is None:
        raise TooMuch
    return None if left is None or right is None else compare(left, right)
