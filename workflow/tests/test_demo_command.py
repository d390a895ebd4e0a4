"""`manage.py demo` says who signs in with the installation's password, and who doesn't."""

import pytest
from django.core.management import call_command

from campaigns.models import Experimenter

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings, capsys):
    settings.DEMO_PASSWORD, settings.LOCAL_LAUNCHER = "of this installation", True

    def run():
        call_command("demo", no_launch=True)
        return capsys.readouterr().out

    return run


def test_everybody_signs_in_with_the_password_that_is_told(demo):
    assert "sign in as admin, producer, shifter, analyst; password: of this installation" in demo()


def test_who_has_another_password_is_told_apart(demo):
    demo()
    producer = Experimenter.objects.get(username="producer")
    producer.set_password("another")
    producer.save()

    said = demo()

    assert "sign in as admin, shifter, analyst; password:" in said
    assert "producer has a password of its own: `manage.py changepassword producer`" in said
