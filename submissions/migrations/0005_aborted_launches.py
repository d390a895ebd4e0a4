from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('submissions', '0004_figures_of_chains'),
    ]

    operations = [
        migrations.AddField(
            model_name='launchattempt',
            name='aborted',
            field=models.BooleanField(default=False, help_text='A person had its script killed.'),
        ),
    ]
