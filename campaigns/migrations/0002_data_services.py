import datetime

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='campaign',
            name='data_handler',
            field=models.CharField(choices=[('catalogue', 'embedded catalogue'), ('sam', 'SAM'), ('data_dispatcher', 'MetaCat and Data Dispatcher')], default='catalogue', max_length=20),
        ),
        migrations.AlterField(
            model_name='historicalcampaign',
            name='data_handler',
            field=models.CharField(choices=[('catalogue', 'embedded catalogue'), ('sam', 'SAM'), ('data_dispatcher', 'MetaCat and Data Dispatcher')], default='catalogue', max_length=20),
        ),
        migrations.CreateModel(
            name='HistoricalDataService',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('kind', models.CharField(choices=[('sam', 'SAM'), ('data_dispatcher', 'MetaCat and Data Dispatcher')], max_length=20)),
                ('url', models.URLField(help_text='SAM: up to and with /sam/EXPERIMENT/api. Data Dispatcher: its server.', verbose_name='address')),
                ('auth_url', models.URLField(blank=True, help_text="Data Dispatcher's; empty: /auth behind its address.", verbose_name='sign-in address')),
                ('metacat_url', models.URLField(blank=True, verbose_name="MetaCat's address")),
                ('metacat_auth_url', models.URLField(blank=True, verbose_name="MetaCat's sign-in address")),
                ('namespace', models.CharField(blank=True, help_text="MetaCat's namespace: of names that say none, and of the datasets POMS makes.", max_length=100)),
                ('owner', models.CharField(default='poms', help_text='Who POMS is to the service: its user name there.', max_length=100)),
                ('credential', models.CharField(choices=[('none', 'none: the service asks for none'), ('bearer', 'bearer token, in a file'), ('proxy', 'X.509 proxy, in a file'), ('library', 'token library: a line per server')], default='none', help_text='What opens it.', max_length=10)),
                ('credential_file', models.CharField(blank=True, help_text='Where that is on this machine; never its content.', max_length=500)),
                ('file_page', models.CharField(blank=True, help_text='Address with %(file)s for the name (MetaCat: the fid); empty: the usual one.', max_length=500, verbose_name='page of a file')),
                ('fts_url', models.URLField(blank=True, help_text='Where the file transfer services are listed.', verbose_name='FTS registry')),
                ('connect_timeout', models.DurationField(default=datetime.timedelta(seconds=3))),
                ('read_timeout', models.DurationField(default=datetime.timedelta(seconds=10))),
                ('at_once', models.PositiveSmallIntegerField(default=16, help_text="All of POMS's processes together never ask more than this at the same time.", validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(64)], verbose_name='requests at once')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('experiment', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.experiment')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical data service',
                'verbose_name_plural': 'historical data services',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='DataService',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('sam', 'SAM'), ('data_dispatcher', 'MetaCat and Data Dispatcher')], max_length=20)),
                ('url', models.URLField(help_text='SAM: up to and with /sam/EXPERIMENT/api. Data Dispatcher: its server.', verbose_name='address')),
                ('auth_url', models.URLField(blank=True, help_text="Data Dispatcher's; empty: /auth behind its address.", verbose_name='sign-in address')),
                ('metacat_url', models.URLField(blank=True, verbose_name="MetaCat's address")),
                ('metacat_auth_url', models.URLField(blank=True, verbose_name="MetaCat's sign-in address")),
                ('namespace', models.CharField(blank=True, help_text="MetaCat's namespace: of names that say none, and of the datasets POMS makes.", max_length=100)),
                ('owner', models.CharField(default='poms', help_text='Who POMS is to the service: its user name there.', max_length=100)),
                ('credential', models.CharField(choices=[('none', 'none: the service asks for none'), ('bearer', 'bearer token, in a file'), ('proxy', 'X.509 proxy, in a file'), ('library', 'token library: a line per server')], default='none', help_text='What opens it.', max_length=10)),
                ('credential_file', models.CharField(blank=True, help_text='Where that is on this machine; never its content.', max_length=500)),
                ('file_page', models.CharField(blank=True, help_text='Address with %(file)s for the name (MetaCat: the fid); empty: the usual one.', max_length=500, verbose_name='page of a file')),
                ('fts_url', models.URLField(blank=True, help_text='Where the file transfer services are listed.', verbose_name='FTS registry')),
                ('connect_timeout', models.DurationField(default=datetime.timedelta(seconds=3))),
                ('read_timeout', models.DurationField(default=datetime.timedelta(seconds=10))),
                ('at_once', models.PositiveSmallIntegerField(default=16, help_text="All of POMS's processes together never ask more than this at the same time.", validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(64)], verbose_name='requests at once')),
                ('experiment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='data_services', to='campaigns.experiment')),
            ],
            options={
                'ordering': ['experiment__name', 'kind'],
                'constraints': [models.UniqueConstraint(fields=('experiment', 'kind'), name='one_data_service_of_a_kind'), models.CheckConstraint(condition=models.Q(('kind__in', ['sam', 'data_dispatcher'])), name='data_service_kind_is_known')],
            },
        ),
    ]
