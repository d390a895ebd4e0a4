import django.db.models.deletion
import rest_framework.utils.encoders
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0007_login_credential'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeptAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=255)),
                ('asked', models.CharField(help_text='Digest of the request.', max_length=64)),
                ('status', models.PositiveSmallIntegerField()),
                ('content', models.JSONField(encoder=rest_framework.utils.encoders.JSONEncoder)),
                ('at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('who', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('who', 'key'), name='key_has_its_effect_once')],
            },
        ),
    ]
