from django.db import migrations, models


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
    ]
