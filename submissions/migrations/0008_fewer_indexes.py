import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0008_kept_answers'),
        ('submissions', '0007_uploads_and_services'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='submission',
            name='experiment',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='campaigns.experiment'),
        ),
        migrations.AlterField(
            model_name='submission',
            name='original',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='recoveries', to='submissions.submission'),
        ),
        migrations.AlterField(
            model_name='submission',
            name='slice_of',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='slices', to='submissions.pass'),
        ),
        migrations.AlterField(
            model_name='submission',
            name='snapshot',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='submissions.snapshot'),
        ),
        migrations.AlterField(
            model_name='submission',
            name='stage',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='campaigns.campaignstage'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('original__isnull', False)), fields=['original'], name='submission_of_original'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('slice_of__isnull', False)), fields=['slice_of'], name='submission_of_pass'),
        ),
    ]
