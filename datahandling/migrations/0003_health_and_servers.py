from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('datahandling', '0002_services_and_their_projects'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='servicehealth',
            name='openings',
        ),
        migrations.AddField(
            model_name='dispatcherproject',
            name='server',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='servicehealth',
            name='back_at',
            field=models.DateTimeField(blank=True, help_text='When it answered again; empty once all who waited for it were told.', null=True),
        ),
        migrations.AddField(
            model_name='servicehealth',
            name='nonsense',
            field=models.TextField(blank=True, help_text="What was said there last that wasn't what was asked."),
        ),
        migrations.AddField(
            model_name='servicehealth',
            name='nonsense_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
