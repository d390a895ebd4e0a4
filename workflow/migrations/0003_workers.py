from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workflow', '0002_age_of_answers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Worker',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=255)),
                ('pid', models.PositiveIntegerField()),
                ('started', models.PositiveBigIntegerField(help_text='In clock ticks of its host: another process may get the same pid later.')),
                ('passed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['host', 'pid'],
                'constraints': [models.UniqueConstraint(fields=('host', 'pid'), name='worker_is_one_process')],
            },
        ),
    ]
