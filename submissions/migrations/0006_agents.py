from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('submissions', '0005_aborted_launches'),
    ]

    operations = [
        migrations.CreateModel(
            name='Agent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=100, unique=True)),
                ('kind', models.CharField(max_length=20)),
                ('heard_at', models.DateTimeField()),
                ('ok', models.BooleanField(help_text='It sees what it watches, and POMS takes its reports.')),
                ('every', models.FloatField(help_text='Seconds between its looks.')),
                ('submissions', models.PositiveIntegerField(help_text='How many its last look was about.')),
                ('unsent', models.PositiveIntegerField(help_text='Reports that wait for POMS to take them.')),
                ('problems', models.JSONField(default=list)),
            ],
            options={
                'ordering': ['source'],
            },
        ),
    ]
