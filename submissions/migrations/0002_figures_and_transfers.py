import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import campaigns.models.constraints


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0005_analysis_is_not_production'),
        ('submissions', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FileStatistics',
            fields=[
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('submission', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='statistics', serialize=False, to='submissions.submission')),
                ('figures', models.JSONField(default=dict)),
                ('states', models.JSONField(default=dict)),
                ('awaited', models.JSONField(default=list)),
                ('project', models.JSONField(default=dict, help_text='What its service tells of the project.')),
                ('asked_at', models.DateTimeField(help_text='When the figures were so; none were known before.', null=True)),
                ('unknown', models.TextField(blank=True, help_text='Why the last look found no answer.')),
                ('looks', models.PositiveSmallIntegerField(default=0, help_text='Looks that found nothing new; the next one backs off.')),
            ],
            options={
                'verbose_name_plural': 'file statistics',
            },
        ),
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('by', models.CharField(max_length=200, verbose_name='service')),
                ('file', models.TextField()),
                ('message', models.TextField(blank=True)),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='TransferWatch',
            fields=[
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('service', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='transfer_watch', serialize=False, to='campaigns.dataservice')),
                ('asked_at', models.DateTimeField(help_text='When all of them last answered.', null=True)),
                ('unknown', models.TextField(blank=True, help_text='Which of them gave no clear answer, and why.')),
            ],
            options={
                'verbose_name_plural': 'transfer watches',
            },
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.CheckConstraint(condition=campaigns.models.constraints.ArePairs('param_overrides'), name='submission_overrides_are_pairs', violation_error_message='param_overrides is a list of [key, value] pairs of text'),
        ),
        migrations.AddIndex(
            model_name='filestatistics',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='statistics_due'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='watch',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='transfers', to='submissions.transferwatch'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.UniqueConstraint(fields=('watch', 'file', 'by'), name='transfer_once'),
        ),
    ]
