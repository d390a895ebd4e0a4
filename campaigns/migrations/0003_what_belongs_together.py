from django.db import migrations, models

import campaigns.models.constraints


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0002_data_services'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='campaign',
            constraint=campaigns.models.constraints.Agree(name='tag_is_of_the_campaigns_experiment', of='tags', on='experiment', references=('campaign', 'tag'), violation_error_message='a campaign and its tags are of one experiment'),
        ),
        migrations.AddConstraint(
            model_name='campaigndependency',
            constraint=campaigns.models.constraints.Agree(name='edge_is_within_a_campaign', of='', on='campaign', references=('upstream', 'downstream'), violation_error_message='an edge stays within one campaign'),
        ),
        migrations.AddConstraint(
            model_name='campaignstage',
            constraint=models.CheckConstraint(condition=campaigns.models.constraints.ArePairs('param_overrides'), name='stage_overrides_are_pairs', violation_error_message='param_overrides is a list of [key, value] pairs of text'),
        ),
        migrations.AddConstraint(
            model_name='campaignstage',
            constraint=models.CheckConstraint(condition=campaigns.models.constraints.ArePairs('test_param_overrides'), name='stage_test_overrides_are_pairs', violation_error_message='test_param_overrides is a list of [key, value] pairs of text'),
        ),
        migrations.AddConstraint(
            model_name='campaignstage',
            constraint=campaigns.models.constraints.Agree(name='stage_is_of_one_experiment', of='', on='experiment', references=('campaign', 'job_type', 'login_setup'), violation_error_message='a stage has its campaign, job type and login setup of one experiment'),
        ),
        migrations.AddConstraint(
            model_name='jobtype',
            constraint=models.CheckConstraint(condition=campaigns.models.constraints.ArePairs('parameters'), name='job_type_parameters_are_pairs', violation_error_message='parameters is a list of [key, value] pairs of text'),
        ),
        migrations.AddConstraint(
            model_name='recoverystep',
            constraint=models.CheckConstraint(condition=campaigns.models.constraints.ArePairs('param_overrides'), name='recovery_overrides_are_pairs', violation_error_message='param_overrides is a list of [key, value] pairs of text'),
        ),
    ]
