from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0003_position_in_every_chain'),
    ]

    operations = [
        migrations.AddField(
            model_name='finding',
            name='cases',
            field=models.JSONField(default=list, verbose_name='涉及的发展对象'),
        ),
        migrations.AddField(
            model_name='finding',
            name='exempted_for',
            field=models.JSONField(default=dict, verbose_name='免于处理的范围'),
        ),
        migrations.AddField(
            model_name='finding',
            name='records',
            field=models.PositiveIntegerField(default=1, verbose_name='涉及的记录数'),
        ),
    ]
