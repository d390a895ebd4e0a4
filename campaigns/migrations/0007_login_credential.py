from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0006_tokens_with_scopes'),
    ]

    operations = [
        migrations.AddField(
            model_name='historicalloginsetup',
            name='credential',
            field=models.CharField(choices=[('none', 'none'), ('proxy', 'an X.509 proxy'), ('vault_token', 'a token for an uploaded vault token'), ('managed_token', 'a token of the managed tokens service')], default='none', max_length=15),
        ),
        migrations.AddField(
            model_name='loginsetup',
            name='credential',
            field=models.CharField(choices=[('none', 'none'), ('proxy', 'an X.509 proxy'), ('vault_token', 'a token for an uploaded vault token'), ('managed_token', 'a token of the managed tokens service')], default='none', max_length=15),
        ),
    ]
