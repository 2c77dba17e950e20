"""Give each street a chain of the audit trail of its own, so that streets do not wait for one another.

What was written before stays one chain, numbered as it was: that of what belongs to no street.
"""

from importlib import import_module

from django.conf import settings
from django.db import migrations, models

triggers = import_module("accounts.migrations.0003_audit_triggers")
keyed = import_module("accounts.migrations.0004_keyed_audit_chain")
TABLE = triggers.TABLE


def open_up(apps, schema_editor):
    """Take the triggers away while the table is changed."""
    if schema_editor.connection.vendor == "postgresql":  # it calls the function that goes next
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_no_truncate ON {TABLE}")
    triggers.remove(apps, schema_editor)


def number(apps, schema_editor):
    """Number the one chain as before, and have the database number the entries from there on."""
    entries = apps.get_model("accounts", "AuditEntry")
    entries.objects.update(seq=models.F("id"))
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"SELECT setval(pg_get_serial_sequence('{TABLE}', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM {TABLE}), false)"
        )


def guard(apps, schema_editor):
    """Create the triggers again."""
    triggers.install(apps, schema_editor)
    if schema_editor.connection.vendor == "postgresql" and not settings.TESTING:
        schema_editor.execute(keyed.NO_TRUNCATE)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_fingerprints_of_keys")]

    operations = [
        migrations.RunPython(open_up, migrations.RunPython.noop),
        migrations.RenameField("auditentry", "seq", "id"),
        migrations.AlterField(
            "auditentry", "id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="序号")
        ),
        migrations.AddField("auditentry", "street_id", models.BigIntegerField(default=0)),
        migrations.AddField("auditentry", "seq", models.BigIntegerField(null=True, verbose_name="链内序号")),
        migrations.RunPython(number, migrations.RunPython.noop),
        migrations.AlterField("auditentry", "seq", models.BigIntegerField(verbose_name="链内序号")),
        migrations.AddConstraint(
            "auditentry", models.UniqueConstraint(fields=("street_id", "seq"), name="audit_one_chain_a_street")
        ),
        migrations.AlterModelOptions(
            "auditentry", {"ordering": ["-id"], "verbose_name": "审计记录", "verbose_name_plural": "审计记录"}
        ),
        migrations.AddField("audithead", "street_id", models.BigIntegerField(default=0, unique=True)),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
