from django.db import migrations, models
from django.utils import timezone


def ask_about_chains(apps, schema_editor):
    """Have the originals of recoveries asked about again: their sums lack the chain's figures."""
    submissions = apps.get_model('submissions', 'Submission').objects
    originals = submissions.exclude(original=None).values('original')
    statistics = apps.get_model('submissions', 'FileStatistics').objects
    statistics.filter(submission__in=originals).update(due_at=timezone.now(), looks=0)


class Migration(migrations.Migration):

    dependencies = [
        ('submissions', '0003_when_there_was_no_answer'),
    ]

    operations = [
        migrations.AddField(
            model_name='filestatistics',
            name='chain_figures',
            field=models.JSONField(default=dict, help_text='Of an original with recoveries, each input counted once.'),
        ),
        migrations.AddField(
            model_name='filestatistics',
            name='chain_states',
            field=models.JSONField(default=dict),
        ),
        migrations.RunPython(ask_about_chains, migrations.RunPython.noop),
    ]
