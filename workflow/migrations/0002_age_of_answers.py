from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workflow', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='decision',
            name='answers_of',
            field=models.DateTimeField(blank=True, help_text='When the oldest answer was asked for that the last look rests on; empty where nobody outside was asked.', null=True),
        ),
    ]
