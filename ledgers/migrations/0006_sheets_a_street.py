"""Keep locks, counted months and marks of the sheets for each street. What was counted is counted again when asked for."""

from django.db import migrations, models


def count_anew(apps, schema_editor):
    """Forget what was counted for the whole tree at once."""
    for name in ("StaleMark", "FactSheet", "FactMonth"):
        apps.get_model("ledgers", name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0005_workers_and_background_undo")]

    operations = [
        migrations.RunPython(count_anew, migrations.RunPython.noop),
        migrations.AlterField("factmonth", "month", models.DateField(verbose_name="月份")),
        migrations.AddField("factmonth", "street_id", models.BigIntegerField(default=0), preserve_default=False),
        migrations.AddField("stalemark", "street_id", models.BigIntegerField(null=True)),
        migrations.AddConstraint(
            "factmonth", models.UniqueConstraint(fields=("street_id", "month"), name="one_count_of_a_month")
        ),
    ]
