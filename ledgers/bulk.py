"""Inserting a hundred thousand objects at once.

`bulk_create` spends most of its time on building SQL text, one placeholder per value. Here the statement is prepared
once and the database's own bulk way takes the rows: executemany on SQLite, COPY on PostgreSQL.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db import connections, models, router

_AS_IS = (
    models.CharField,
    models.TextField,
    models.BooleanField,
    models.IntegerField,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
    models.SlugField,
    models.ForeignKey,
)
"""Field classes (exactly these) whose Python values the database drivers take as they are."""


def insert(objects: Sequence[models.Model]) -> None:
    """Insert new objects of one model, setting their primary keys. Signals and save() are not run.

    Must be called in a transaction. Foreign keys may point to objects inserted just before.
    """
    if not objects:
        return
    model = type(objects[0])
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey):  # the related object may have got its key after being assigned
            for thing in objects:
                if thing.__dict__[field.attname] is None and field.is_cached(thing):
                    setattr(thing, field.attname, getattr(field.get_cached_value(thing), "pk", None))
    database = router.db_for_write(model)
    for thing, pk in zip(objects, insert_rows(model, [thing.__dict__ for thing in objects]), strict=True):
        thing.pk = pk
        thing._state.adding, thing._state.db = False, database


def insert_rows(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    """Insert rows given as column name (a foreign key's with `_id`) → value, and return their primary keys.

    What a row leaves out gets the field's default. Must be called in a transaction.
    """
    connection = connections[router.db_for_write(model)]
    fields = list(model._meta.concrete_fields)
    keys = _new_keys(connection, model, len(rows))
    columns: list[Sequence[Any]] = []
    for field in fields:
        name = field.attname
        if field.primary_key:
            columns.append(keys)
        elif isinstance(field, models.DateField) and (field.auto_now or field.auto_now_add):
            moment = field.pre_save(model(), add=True)
            columns.append([field.get_db_prep_save(moment, connection)] * len(rows))
        else:
            default = field.get_default()
            columns.append(_prepared(field, [row.get(name, default) for row in rows], connection))
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(f.column)) for f in fields)
    table = quote(model._meta.db_table)
    lines = zip(*columns, strict=True)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", _Lines(lines))
        else:
            marks = ", ".join(["%s"] * len(fields))
            statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own models
            cursor.executemany(statement, lines)  # type: ignore[arg-type] # any iterable of rows will do
    return keys


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _as_text(value: Any) -> str:
    """Return a value in the text form of COPY: tabs between, `\\N` for null."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES) if not value.isalnum() else value
    if value is True or value is False:
        return "t" if value else "f"
    if hasattr(value, "adapted"):  # JSON, wrapped for the driver
        return _as_text(value.dumps(value.adapted))
    return str(value)  # numbers, dates and moments read back as they print


class _Lines:
    """A file of lines made as they are read, so that a hundred thousand rows never stand in memory as text."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.rows = iter(rows)

    def read(self, size: int = -1) -> str:
        """Return some whole lines, or nothing at the end."""
        return "".join("\t".join(map(_as_text, row)) + "\n" for row in islice(self.rows, 200))


def _prepared(field: models.Field[Any, Any], values: list[Any], connection: Any) -> list[Any]:
    if type(field) in _AS_IS:
        return values
    if type(field) is models.DateField:
        as_text = connection.vendor == "sqlite"
        return [value.isoformat() if value is not None else None for value in values] if as_text else values
    prepare: Callable[..., Any] = field.get_db_prep_save
    return [prepare(value, connection=connection) if value is not None else None for value in values]


def _new_keys(connection: Any, model: type[models.Model], count: int) -> Sequence[int]:
    """Return primary keys that nobody else will get."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [connection.ops.quote_name(table), column, count],
            )
            return [row[0] for row in cursor.fetchall()]
        # SQLite has one writer, and this transaction is it; AUTOINCREMENT remembers keys of rows deleted since
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        first = (row[0] if row else 0) + 1
        return range(first, first + count)
