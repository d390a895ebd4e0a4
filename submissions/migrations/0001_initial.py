import datetime

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('campaigns', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('content', models.JSONField()),
                ('created', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(choices=[('person', 'Person'), ('schedule', 'Schedule'), ('external', 'External')], default='person', max_length=10)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('test', models.BooleanField(default=False)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='campaigns.campaign')),
                ('creator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Pass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('kind', models.CharField(choices=[('standing', 'Standing'), ('test', 'Test'), ('fed', 'Fed'), ('join', 'Join')], max_length=10)),
                ('dataset', models.TextField(blank=True)),
                ('split', models.CharField(max_length=200)),
                ('position', models.BigIntegerField(blank=True, null=True)),
                ('state', models.CharField(choices=[('open', 'Open'), ('exhausted', 'Exhausted'), ('stopped', 'Stopped'), ('ended', 'Ended')], default='open', max_length=10)),
                ('touched', models.PositiveIntegerField(default=0)),
                ('note', models.TextField(blank=True, help_text='Why its last look found no answer.')),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='passes', to='campaigns.campaignstage')),
                ('run', models.ForeignKey(help_text='The run whose trigger walks it now.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='passes', to='submissions.run')),
            ],
            options={
                'verbose_name_plural': 'passes',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('cause', models.CharField(choices=[('schedule', 'Schedule'), ('slice', 'Slice'), ('dependency', 'Dependency'), ('recovery', 'Recovery'), ('join', 'Join'), ('person', 'Person'), ('external', 'External')], max_length=10)),
                ('cause_key', models.CharField(blank=True, max_length=120, null=True, unique=True)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('test', models.BooleanField(default=False)),
                ('param_overrides', models.JSONField(blank=True, default=list)),
                ('recovery_step', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('steps_taken', models.PositiveSmallIntegerField(default=0, help_text='Recovery steps launched or passed over, of an original.')),
                ('position', models.BigIntegerField(blank=True, null=True)),
                ('join_generation', models.PositiveIntegerField(blank=True, null=True)),
                ('dataset', models.TextField(blank=True)),
                ('project', models.CharField(blank=True, max_length=255)),
                ('status', models.CharField(choices=[('New', 'New'), ('LaunchFailed', 'Launch Failed'), ('Awaiting Approval', 'Awaiting Approval'), ('Approved', 'Approved'), ('Idle', 'Idle'), ('Running', 'Running'), ('Held', 'Held'), ('Failed', 'Failed'), ('Completed', 'Completed'), ('Located', 'Located'), ('Removed', 'Removed'), ('Cancelled', 'Cancelled'), ('Skipped', 'Skipped')], default='New', max_length=20)),
                ('status_since', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('looks', models.PositiveIntegerField(default=0, help_text='Looks in vain since something happened; the next one backs off.')),
                ('attempt', models.PositiveSmallIntegerField(default=0)),
                ('command_executed', models.TextField(blank=True)),
                ('jobsub_job_id', models.CharField(blank=True, max_length=255)),
                ('jobs_submitted', models.PositiveIntegerField(blank=True, null=True)),
                ('jobs', models.JSONField(blank=True, default=dict, help_text='Counts by state, as the agent last saw them.')),
                ('pct_complete', models.FloatField(default=0)),
                ('jobs_ended_at', models.DateTimeField(blank=True, null=True)),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('unknown_since', models.DateTimeField(blank=True, null=True)),
                ('unknown_for', models.DurationField(default=datetime.timedelta)),
                ('let_go', models.BooleanField(default=False, help_text='A person decided not to wait for more output.')),
                ('creator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to=settings.AUTH_USER_MODEL)),
                ('experiment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='campaigns.experiment')),
                ('original', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='recoveries', to='submissions.submission')),
                ('replaced_by', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='submissions.submission')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='submissions.run')),
                ('slice_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='slices', to='submissions.pass')),
                ('snapshot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='submissions.snapshot')),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='campaigns.campaignstage')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='ReportClock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=100)),
                ('observed_at', models.DateTimeField()),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='clocks', to='submissions.submission')),
            ],
        ),
        migrations.CreateModel(
            name='LaunchAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('token_digest', models.CharField(max_length=64, unique=True)),
                ('job_token_digest', models.CharField(max_length=64, unique=True)),
                ('job_token_expires', models.DateTimeField()),
                ('started_at', models.DateTimeField()),
                ('leave_at', models.DateTimeField(null=True)),
                ('deadline', models.DateTimeField(help_text='After this the wrapper has given up submitting.', null=True)),
                ('another_wanted', models.BooleanField(default=False, help_text='A person asked for another attempt after this one.')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='submissions.submission')),
            ],
            options={
                'ordering': ['submission', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Feed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dataset', models.TextField(blank=True)),
                ('edge', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='campaigns.campaigndependency')),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fed_by', to='campaigns.campaignstage')),
                ('walked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='fed_by', to='submissions.pass')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='feeds', to='submissions.run')),
                ('child', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='fed_by', to='submissions.submission')),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='feeds', to='submissions.submission')),
            ],
        ),
        migrations.CreateModel(
            name='SubmissionHistory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('New', 'New'), ('LaunchFailed', 'Launch Failed'), ('Awaiting Approval', 'Awaiting Approval'), ('Approved', 'Approved'), ('Idle', 'Idle'), ('Running', 'Running'), ('Held', 'Held'), ('Failed', 'Failed'), ('Completed', 'Completed'), ('Located', 'Located'), ('Removed', 'Removed'), ('Cancelled', 'Cancelled'), ('Skipped', 'Skipped')], max_length=20)),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(choices=[('agent', 'Agent'), ('person', 'Person'), ('workflow', 'Workflow')], max_length=10)),
                ('source', models.CharField(blank=True, max_length=100)),
                ('note', models.TextField(blank=True)),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='history', to='submissions.submission')),
                ('who', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'submission history',
                'ordering': ['pk'],
            },
        ),
        migrations.AddIndex(
            model_name='pass',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='pass_due'),
        ),
        migrations.AddConstraint(
            model_name='pass',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ['standing', 'test']), models.Q(('state', 'ended'), _negated=True)), fields=('stage', 'kind'), name='one_standing_pass_per_stage'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='submission_due'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('finished_at', None)), fields=['run', 'stage'], name='submission_unfinished'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['stage', '-id'], name='submission_of_stage'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['experiment', '-id'], name='submission_of_experiment'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('status__in', ['Located', 'Skipped', 'Removed', 'Cancelled']), _negated=True), fields=['status'], name='submission_open'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['New', 'LaunchFailed', 'Awaiting Approval', 'Approved', 'Idle', 'Running', 'Held', 'Failed', 'Completed', 'Located', 'Removed', 'Cancelled', 'Skipped'])), name='submission_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.CheckConstraint(condition=models.Q(('original', None), ('cause', 'recovery'), _connector='OR'), name='only_a_recovery_has_an_original'),
        ),
        migrations.AddConstraint(
            model_name='reportclock',
            constraint=models.UniqueConstraint(fields=('submission', 'source'), name='one_clock_per_source'),
        ),
        migrations.AddConstraint(
            model_name='launchattempt',
            constraint=models.UniqueConstraint(fields=('submission', 'number'), name='attempts_are_numbered'),
        ),
        migrations.AddIndex(
            model_name='feed',
            index=models.Index(condition=models.Q(('child', None), ('walked_by', None)), fields=['stage', 'run'], name='feed_waits_for_join'),
        ),
        migrations.AddConstraint(
            model_name='feed',
            constraint=models.UniqueConstraint(fields=('parent', 'edge'), name='each_edge_is_fed_once'),
        ),
    ]
