import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0007_login_credential'),
        ('submissions', '0006_agents'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='launchattempt',
            name='uploads',
            field=models.JSONField(default=list, help_text="The owner's files that it had: name, size and sha256 of each."),
        ),
        migrations.CreateModel(
            name='ServiceStatus',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('said', models.CharField(choices=[('good', 'Good'), ('degraded', 'Degraded'), ('bad', 'Bad'), ('unknown', 'Unknown')], default='unknown', max_length=10)),
                ('host_site', models.CharField(blank=True, max_length=255)),
                ('total', models.PositiveIntegerField(default=0, help_text='How many things were looked at.')),
                ('failed', models.PositiveIntegerField(default=0, help_text='How many of them are bad.')),
                ('description', models.CharField(blank=True, max_length=1000)),
                ('heard_at', models.DateTimeField()),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='submissions.servicestatus')),
            ],
            options={
                'verbose_name_plural': 'service statuses',
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('said__in', ['good', 'degraded', 'bad', 'unknown'])), name='service_state_is_known')],
            },
        ),
        migrations.CreateModel(
            name='UploadedFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('size', models.PositiveIntegerField(help_text='In bytes.')),
                ('sha256', models.CharField(max_length=64)),
                ('uploaded_at', models.DateTimeField()),
                ('experiment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uploads', to='campaigns.experiment')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uploads', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['experiment', 'owner', 'name'],
                'constraints': [models.UniqueConstraint(fields=('experiment', 'owner', 'name'), name='upload_name_is_unique')],
            },
        ),
    ]
