import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('campaigns', '0001_initial'),
        ('submissions', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('about', models.CharField(max_length=20)),
                ('conclusion', models.TextField()),
                ('facts', models.JSONField(blank=True, default=dict, help_text='The numbers, queries and thresholds that it rests on.')),
                ('unknown', models.BooleanField(default=False, help_text='Somebody who was asked gave no clear answer.')),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('times', models.PositiveIntegerField(default=1)),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='submissions.submission')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=300)),
                ('since', models.DateTimeField(auto_now_add=True)),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('campaign', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='holds', to='campaigns.campaign')),
                ('experiment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='holds', to='campaigns.experiment')),
                ('lifted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stage', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='holds', to='campaigns.campaignstage')),
                ('who', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(condition=models.Q(('lifted_at', None)), fields=['lifted_at'], name='hold_in_force')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('campaign', None), ('stage', None)), models.Q(('experiment', None), ('stage', None)), models.Q(('campaign', None), ('experiment', None)), _connector='OR'), name='hold_has_one_scope')],
            },
        ),
        migrations.CreateModel(
            name='Join',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('generation', models.PositiveIntegerField(default=0, help_text='How often it has fired.')),
                ('touched', models.PositiveIntegerField(default=0)),
                ('waits_for', models.TextField(blank=True, help_text='What it waited for when last looked at.')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='joins', to='submissions.run')),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='joins', to='campaigns.campaignstage')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='join_due')],
                'constraints': [models.UniqueConstraint(fields=('stage', 'run'), name='one_join_per_run')],
            },
        ),
        migrations.CreateModel(
            name='LeftBehind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.TextField()),
                ('kind', models.CharField(choices=[('given up', 'Given Up'), ('late', 'Late')], max_length=10)),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='left_behind', to='submissions.submission')),
            ],
            options={
                'verbose_name_plural': 'files left behind',
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('submission', 'file'), name='left_behind_once')],
            },
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('cron', models.CharField(help_text='Minute, hour, day of month, month, day of week; UTC. Such as 0 3 * * *', max_length=100)),
                ('next_tick', models.DateTimeField(blank=True, null=True)),
                ('active', models.BooleanField(default=True)),
                ('note', models.CharField(blank=True, help_text='Why it ended, where it did by itself.', max_length=300)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='campaigns.campaign')),
                ('stage', models.ForeignKey(blank=True, help_text='Empty: the whole campaign.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='campaigns.campaignstage')),
                ('who', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='schedule_due')],
            },
        ),
    ]
