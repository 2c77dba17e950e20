"""Let the database itself refuse to change or delete an entry of the audit trail.

On PostgreSQL the trigger is for each row, so that TRUNCATE, with which tests empty the database, still works. On
SQLite tests empty a table with DELETE, so there the triggers are left out under test (settings.TESTING). A later
migration that rebuilds the table on SQLite must create them again: they go with the old table.
"""

from django.conf import settings
from django.db import migrations

TABLE = "accounts_auditentry"
REFUSAL = "审计记录只能追加，不能修改或删除"

POSTGRESQL = [
    f"""
    CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$
    """,
    f"""
    CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()
    """,
]
POSTGRESQL_BACK = [f"DROP TRIGGER {TABLE}_append_only ON {TABLE}", f"DROP FUNCTION {TABLE}_refuse()"]
SQLITE = [
    f"CREATE TRIGGER {TABLE}_no_{what} BEFORE {what} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for what in ("UPDATE", "DELETE")
]
SQLITE_BACK = [f"DROP TRIGGER IF EXISTS {TABLE}_no_{what}" for what in ("UPDATE", "DELETE")]


def install(apps, schema_editor):
    """Create the triggers."""
    vendor = schema_editor.connection.vendor
    statements = POSTGRESQL if vendor == "postgresql" else SQLITE if vendor == "sqlite" and not settings.TESTING else []
    for statement in statements:
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    """Drop the triggers."""
    for statement in {"postgresql": POSTGRESQL_BACK, "sqlite": SQLITE_BACK}.get(schema_editor.connection.vendor, []):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_posting")]

    operations = [migrations.RunPython(install, remove)]
