"""Full text of the minutes: what a person confirmed, found by any two characters that follow each other.

Chinese has no spaces to part words at, so the index holds every pair of neighbouring characters; what it offers is
then checked against the text itself. It lives in the database, which keeps it up to date on every way of writing: on
SQLite an FTS5 table filled by triggers, on PostgreSQL an index on an expression, without any extension. Why so, and
why the text of attachments is not in it: docs/decisions/0007-full-text-of-minutes.md.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import and_
from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.signals import connection_created
from django.db.models import Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat, Lower, StrIndex
from django.db.models.lookups import GreaterThan

TABLE = "activities_activity"
FIELDS = ("topic", "content", "resolution", "place", "chair")
"""What is indexed: of each hit's fields the first one that holds a word is quoted, the topic aside."""
INDEX, GRAMS = "activities_fulltext", "activities_grams"
SHORTEST = 2
MAX_WORDS = 8
PROBED, COMMON = 1000, 20
"""Words that stand together in this many of the newest activities are looked for by reading back from the newest."""
MOST = 500
"""Hits that are counted and shown, the latest: nobody reads more, and a common word is in most minutes."""
AROUND = 45
"""Characters shown on either side of a hit."""


# What is looked for


def words_of(text: str) -> list[str]:
    """Return the words that somebody typed, without what is too short to be looked for: single characters."""
    found = [word for word in re.findall(r"\w+", text) if len(word) >= SHORTEST]
    return list(dict.fromkeys(found))[:MAX_WORDS]


def grams(text: str) -> str:
    """Return each pair of neighbouring letters or digits of a text once, parted by spaces."""
    found: set[str] = set()
    for run in re.findall(r"\w+", text.lower()):
        found.update(map(str.__add__, run, run[1:]))
    return " ".join(found)


def holding(words: Sequence[str], using: str = DEFAULT_DB_ALIAS) -> Q:
    """Return the condition on activities that every one of the words (`words_of`) stands in one of the `FIELDS`.

    The index finds them; what it says of a word of two characters is so, a longer one is looked up in the text.
    """
    if connections[using].vendor == "postgresql":
        # OFFSET 0 keeps the planner from reading every text first: it thinks too little of what that costs.
        fits = " AND ".join([f"{_expression()} @> {GRAMS}(%s)"] * len(words))
        offered = RawSQL(f"SELECT id FROM {TABLE} WHERE {fits} OFFSET 0", list(words))  # noqa: S608, S611 - our own names
    else:
        wanted = " ".join(f'"{gram}"' for gram in grams(" ".join(words)).split())
        offered = RawSQL(f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s", [wanted])  # noqa: S608, S611
    return Q(pk__in=offered) & reading([word for word in words if len(word) > SHORTEST])


def reading(words: Sequence[str]) -> Q:
    """Return the condition of `holding` without the index: the texts are read.

    It is a position above nought, not a LIKE: of that the planner expects many rows, and of five LIKEs next to none.
    """
    parts = chain.from_iterable((Value("\n"), field) for field in FIELDS[1:])
    text = Lower(Concat(FIELDS[0], *parts, output_field=models.TextField()))
    stands = (Q(GreaterThan(StrIndex(text, Lower(Value(word))), 0)) for word in words)
    return reduce(and_, stands, Q())


# How it is shown


@dataclass(frozen=True)
class Piece:
    """A stretch of text; `hit` where it is what was looked for."""

    text: str
    hit: bool = False


def marked(text: str, words: Sequence[str]) -> list[Piece]:
    """Return the text cut at the words."""
    cut = re.split(f"({_any_of(words)})", text, flags=re.IGNORECASE) if words else [text]
    return [Piece(part, place % 2 == 1) for place, part in enumerate(cut) if part]


def excerpt(texts: Sequence[str], words: Sequence[str]) -> list[Piece]:
    """Return the surroundings of the first word in the first text that holds one, cut at the words; else the start."""
    for text in (" ".join(text.split()) for text in texts):
        if words and (found := re.search(_any_of(words), text, re.IGNORECASE)):
            start, end = max(0, found.start() - AROUND), found.end() + 2 * AROUND
            shown = f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
            return marked(shown, words)
    first = next((" ".join(text.split()) for text in texts if text.strip()), "")
    return [Piece(first[: 3 * AROUND] + ("…" if len(first) > 3 * AROUND else ""))] if first else []


def _any_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# The index


def _expression(prefix: str = "") -> str:
    return f"{GRAMS}({_joined(prefix, 'chr(10)')})"


def _joined(prefix: str = "", line: str = "char(10)") -> str:
    return f" || {line} || ".join(f"{prefix}{field}" for field in FIELDS)


# Two characters as one number: such keys are compared three times as fast as texts. A pair at the seam of two words or
# fields is no harm, as every hit is checked.
_POSTGRESQL = (
    f"""
    CREATE OR REPLACE FUNCTION {GRAMS}(body text) RETURNS bigint[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
    DECLARE
        letters text[] := string_to_array(lower(body), NULL);
        pairs bigint[] := '{{}}';
        earlier bigint := 0;
        letter bigint;
    BEGIN
        FOR i IN 1 .. coalesce(array_length(letters, 1), 0) LOOP
            letter := ascii(letters[i]);
            IF earlier > 32 AND letter > 32 THEN
                pairs := pairs || ((earlier << 21) | letter);
            END IF;
            earlier := letter;
        END LOOP;
        RETURN pairs;
    END $$
    """,
    f"CREATE INDEX IF NOT EXISTS {INDEX} ON {TABLE} USING gin ({_expression()})",
)
_CHANGED = " OR ".join(f"old.{field} IS NOT new.{field}" for field in FIELDS)
_ADD = f"INSERT INTO {INDEX} (rowid, grams) VALUES (new.id, {GRAMS}({_joined('new.')}))"  # noqa: S608
_TAKE = f"INSERT INTO {INDEX} ({INDEX}, rowid, grams) VALUES ('delete', old.id, {GRAMS}({_joined('old.')}))"  # noqa: S608
_TRIGGERS = {
    f"{INDEX}_insert": f"AFTER INSERT ON {TABLE} BEGIN {_ADD}; END",
    f"{INDEX}_update": f"AFTER UPDATE OF {', '.join(FIELDS)} ON {TABLE} WHEN {_CHANGED} BEGIN {_TAKE}; {_ADD}; END",
    f"{INDEX}_delete": f"AFTER DELETE ON {TABLE} BEGIN {_TAKE}; END",
}


def keep_index(app: AppConfig) -> None:
    """Let the index follow the migrations, and let SQLite know how a text is cut into pairs."""
    models.signals.pre_migrate.connect(drop_triggers, sender=app, dispatch_uid=INDEX)
    models.signals.post_migrate.connect(make_index, sender=app, dispatch_uid=INDEX)
    connection_created.connect(teach, dispatch_uid=INDEX)


def teach(connection: Any, **kwargs: Any) -> None:
    """Give a new connection to SQLite the function that its triggers call."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(GRAMS, 1, grams, deterministic=True)


def drop_triggers(using: str = DEFAULT_DB_ALIAS, plan: Any = (), **kwargs: Any) -> None:
    """Take the triggers off before tables change: SQLite drops no column that one reads. `make_index` sees it."""
    if plan and connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            for name in _TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def make_index(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Make what is missing of the index, filled from the activities on record; called after every migration."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return
        if connection.vendor == "postgresql":
            for statement in _POSTGRESQL:
                cursor.execute(statement)
            return
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE])
        if {name for (name,) in cursor.fetchall()} >= set(_TRIGGERS):
            return
        cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
        cursor.execute(f"CREATE VIRTUAL TABLE {INDEX} USING fts5(grams, content='', detail=none, tokenize='ascii')")
        cursor.execute(f"INSERT INTO {INDEX} (rowid, grams) SELECT id, {GRAMS}({_joined()}) FROM {TABLE}")  # noqa: S608
        for name, body in _TRIGGERS.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(f"CREATE TRIGGER {name} {body}")
