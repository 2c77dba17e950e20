from datetime import timedelta

from django.db import migrations, models
from django.utils import timezone


def let_waiting_ones_expire(apps, schema_editor):
    """Give the passwords for one use that still wait for their first sign-in a week from now."""
    waiting = apps.get_model("accounts", "User").objects.filter(must_change_password=True)
    waiting.update(one_time_until=timezone.now() + timedelta(days=7))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_chain_a_street'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='one_time_until',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='一次性密码有效至'),
        ),
        migrations.RunPython(let_waiting_ones_expire, migrations.RunPython.noop, elidable=True),
    ]
