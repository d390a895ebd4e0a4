import uuid

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('datahandling', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ListSnapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('experiment', models.CharField(max_length=100)),
                ('definition', models.JSONField(help_text='The query that it answered, as JSON.')),
                ('dataset', models.CharField(blank=True, max_length=500)),
                ('saved_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='DispatcherProject',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('experiment', models.CharField(max_length=100)),
                ('name', models.CharField(max_length=500)),
                ('definition', models.JSONField(help_text='The query whose files it hands out, as JSON.')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('project_id', models.BigIntegerField(blank=True, null=True)),
                ('file_count', models.PositiveIntegerField(default=0)),
                ('files', models.JSONField(blank=True, null=True)),
                ('virtual', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'indexes': [models.Index(fields=['project_id'], name='dispatcher_project_by_id')],
                'constraints': [models.UniqueConstraint(fields=('experiment', 'name'), name='dispatcher_project_name_once')],
            },
        ),
        migrations.CreateModel(
            name='NamedQuery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('experiment', models.CharField(max_length=100)),
                ('name', models.CharField(max_length=500)),
                ('definition', models.JSONField(help_text='The query, as JSON.')),
                ('dataset', models.CharField(blank=True, help_text='Of a list: the dataset in MetaCat, ns:name.', max_length=500)),
                ('saved_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name_plural': 'named queries',
                'constraints': [models.UniqueConstraint(fields=('experiment', 'name'), name='named_query_once'), models.CheckConstraint(condition=models.Q(('saved_at', None), models.Q(('dataset', ''), _negated=True), _connector='OR'), name='named_query_saved_is_a_list')],
            },
        ),
        migrations.CreateModel(
            name='ServiceHealth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('experiment', models.CharField(max_length=100)),
                ('server', models.CharField(help_text='scheme://host:port', max_length=500)),
                ('failures', models.PositiveIntegerField(default=0, help_text='Questions in a row that had no answer.')),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('last_error', models.TextField(blank=True)),
                ('last_failure_at', models.DateTimeField(blank=True, null=True)),
                ('last_answer_at', models.DateTimeField(blank=True, null=True)),
                ('openings', models.PositiveIntegerField(default=0, help_text='How often it was left alone since it answered.')),
                ('open_until', models.DateTimeField(blank=True, help_text='Until then nobody asks it; then one question does.', null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'experiment', 'server'), name='service_health_once')],
            },
        ),
    ]
