"""A part of a name, found by an index on PostgreSQL: names are too short for trigrams, so by the characters in it."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db.models import CharField, Func
from django.db.models.lookups import Contains


class Characters(Func):
    """The characters of a text as an array, for an index; databases that have no arrays get the text itself."""

    function = "string_to_array"
    template = "%(function)s(%(expressions)s, NULL)"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Compile to the column."""
        return self.as_sql(compiler, connection, template="%(expressions)s", **extra)


class CharactersIndex(GinIndex):
    """The index of the characters; without `fastupdate`, since every search reads through the list of late entries.

    After an import of 30,000 members that list cost each search 20 ms.
    """

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        """Compile; databases other than PostgreSQL get a plain index."""
        statement = super().create_sql(model, schema_editor, using=using, **kwargs)
        if schema_editor.connection.vendor != "postgresql":
            statement.parts["extra"] = ""  # type: ignore[assignment]
        return statement


@CharField.register_lookup
class HasPart(Contains):
    """`name__has_part`: like `contains`, but it first asks the index of `Characters` for all characters of the text."""

    lookup_name = "has_part"

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """Compile to both conditions."""
        sql, params = self.as_sql(compiler, connection)
        column, column_params = self.process_lhs(compiler, connection)
        narrowed = f"(string_to_array({column}, NULL) @> %s::text[] AND {sql})"
        return narrowed, [*column_params, list(str(self.rhs)), *params]

    def get_rhs_op(self, connection: Any, rhs: Any) -> Any:
        """Compare as `contains` does."""
        return connection.operators["contains"] % rhs
