"""A database view that puts rows of several tables together, so that nothing is copied and every count is of records.

It is made anew after every migration and dropped before, since a database changes no table that a view reads.
"""

from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate, pre_migrate


@dataclass(frozen=True)
class UnitedView:
    """A view by its name, the tables that it reads, and its query, made of constants only."""

    name: str
    reads: frozenset[str]
    select: str

    def drop(self, using: str = DEFAULT_DB_ALIAS, plan: Any = (), **kwargs: Any) -> None:
        """Drop the view before tables change; called before every migration."""
        if plan:
            with connections[using].cursor() as cursor:
                cursor.execute(f"DROP VIEW IF EXISTS {self.name}")

    def make(self, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
        """Make the view where the tables that it reads are there; called after every migration."""
        connection = connections[using]
        with connection.cursor() as cursor:
            if self.reads <= set(connection.introspection.table_names(cursor)):
                cursor.execute(f"DROP VIEW IF EXISTS {self.name}")
                cursor.execute(f"CREATE VIEW {self.name} AS {self.select}")

    def keep(self, app: AppConfig) -> None:
        """Let the view follow the migrations of the app that owns it."""
        pre_migrate.connect(self.drop, sender=app, dispatch_uid=self.name, weak=False)
        post_migrate.connect(self.make, sender=app, dispatch_uid=self.name, weak=False)
