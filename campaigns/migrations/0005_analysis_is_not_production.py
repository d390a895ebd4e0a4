from django.db import migrations, models

import campaigns.dispatcher


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0004_failed_sign_ins'),
    ]

    operations = [
        migrations.AlterField(
            model_name='campaignstage',
            name='data_dispatcher',
            field=models.JSONField(blank=True, default=dict, help_text='Settings of Data Dispatcher projects.', validators=[campaigns.dispatcher.validate_settings]),
        ),
        migrations.AlterField(
            model_name='campaignstage',
            name='vo_role',
            field=models.CharField(default='Production', help_text="Handed to the batch system; an analyst's stage runs as Analysis instead.", max_length=30, verbose_name='batch role'),
        ),
        migrations.AlterField(
            model_name='historicalcampaignstage',
            name='data_dispatcher',
            field=models.JSONField(blank=True, default=dict, help_text='Settings of Data Dispatcher projects.', validators=[campaigns.dispatcher.validate_settings]),
        ),
        migrations.AlterField(
            model_name='historicalcampaignstage',
            name='vo_role',
            field=models.CharField(default='Production', help_text="Handed to the batch system; an analyst's stage runs as Analysis instead.", max_length=30, verbose_name='batch role'),
        ),
        migrations.AddConstraint(
            model_name='campaignstage',
            constraint=models.CheckConstraint(condition=models.Q(('creator_role', 'analysis'), ('vo_role__iexact', 'Production'), _negated=True), name='analysis_does_not_run_as_production'),
        ),
    ]
