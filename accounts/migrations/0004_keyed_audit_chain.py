"""Sign the audit trail with a key: a chain of plain digests can be written anew by whoever can write to the database.

A trail from before is signed as it stands, if it is whole; one that is not stays unsigned, and `verify_audit` says so.
Emptying the table is refused too, except under test, where PostgreSQL empties tables by TRUNCATE.
"""

import hashlib
import json
from datetime import UTC
from importlib import import_module

from django.conf import settings
from django.db import migrations, models

from accounts.encryption import signature, signing_key

triggers = import_module("accounts.migrations.0003_audit_triggers")
TABLE = triggers.TABLE
GENESIS = "0" * 64
NO_TRUNCATE = f"""
    CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()
"""


def _canonical(entry, **more):
    content = {
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor_id,
        "actor_name": entry.actor_name,
        "address": entry.address,
        "action": entry.action,
        "model": entry.model,
        "object_id": entry.object_id,
        "label": entry.label,
        "organization_path": entry.organization_path,
        "changes": entry.changes,
        **more,
    }
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def sign(apps, schema_editor):
    """Sign a trail that is whole, entry by entry, and its head."""
    triggers.remove(apps, schema_editor)
    entries, heads = apps.get_model("accounts", "AuditEntry"), apps.get_model("accounts", "AuditHead")
    key, plain, signed, signed_entries = signing_key(), GENESIS, GENESIS, []
    for count, entry in enumerate(entries.objects.order_by("seq").iterator(chunk_size=2000), 1):
        plain = hashlib.sha256((plain + _canonical(entry)).encode()).hexdigest()
        if entry.digest != plain or entry.seq != count:
            break
        entry.key, entry.digest = key, signature(signed + _canonical(entry, key=key), key)
        signed = entry.digest
        signed_entries.append(entry)
    else:
        entries.objects.bulk_update(signed_entries, ["key", "digest"], batch_size=500)
        for head in heads.objects.filter(count=len(signed_entries)):
            head.digest, head.key = signed, key
            head.seal = signature(f"head {head.count} {signed}", key)
            head.save()


def guard(apps, schema_editor):
    """Create the triggers, anew on SQLite, where a changed table has lost them."""
    triggers.install(apps, schema_editor)
    if schema_editor.connection.vendor == "postgresql" and not settings.TESTING:
        schema_editor.execute(NO_TRUNCATE)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_audit_triggers")]

    operations = [
        migrations.AddField("auditentry", "key", models.CharField(default="", max_length=8), preserve_default=False),
        migrations.AddField("audithead", "key", models.CharField(blank=True, max_length=8, default=""), preserve_default=False),
        migrations.AddField("audithead", "seal", models.CharField(blank=True, max_length=64, default=""), preserve_default=False),
        migrations.RunPython(sign, migrations.RunPython.noop),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
