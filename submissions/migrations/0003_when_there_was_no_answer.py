from django.db import migrations, models
from django.utils import timezone


def ask_about_those_that_are_there(apps, schema_editor):
    """Give submissions from before there were figures a row for them, due at once."""
    FileStatistics = apps.get_model('submissions', 'FileStatistics')
    without = apps.get_model('submissions', 'Submission').objects.filter(statistics=None)
    now = timezone.now()
    FileStatistics.objects.bulk_create(
        (
            FileStatistics(submission_id=pk, due_at=now)
            for pk in without.values_list('pk', flat=True).iterator()
        ),
        batch_size=1000,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('submissions', '0002_figures_and_transfers'),
    ]

    operations = [
        migrations.AddField(
            model_name='filestatistics',
            name='unknown_at',
            field=models.DateTimeField(help_text='When that was.', null=True),
        ),
        migrations.RunPython(ask_about_those_that_are_there, migrations.RunPython.noop),
    ]
