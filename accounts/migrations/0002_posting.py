"""Postings come after the tree: the first migration of branches needs the accounts of the first one here."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('branches', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('system-admin', '系统管理员'), ('auditor', '审计员'), ('office', '党建办'), ('leader', '领导'), ('community-secretary', '社区书记'), ('branch-secretary', '支部书记')], max_length=30, verbose_name='角色')),
                ('start', models.DateField(default=django.utils.timezone.localdate, verbose_name='任职开始')),
                ('end', models.DateField(blank=True, null=True, verbose_name='任职结束')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='branches.organization', verbose_name='党组织')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='postings', to=settings.AUTH_USER_MODEL, verbose_name='账号')),
            ],
            options={
                'verbose_name': '任职',
                'verbose_name_plural': '任职',
                'ordering': ['-start', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('end', None), ('end__gte', models.F('start')), _connector='OR'), name='posting_ends_after_start', violation_error_message='任职结束不能早于任职开始。')],
            },
        ),
    ]
