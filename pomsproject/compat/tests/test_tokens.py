"""A script's GET with a token gets in where a browser's POST does, and nowhere else."""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from campaigns.models import ApiToken, Experimenter
from pomsproject.compat.table import ENDPOINTS
from pomsproject.tests import rights_world
from pomsproject.tests.rights_compat import COMPAT
from pomsproject.tests.rights_table import PERSONS

pytestmark = [pytest.mark.django_db, pytest.mark.rights]

USERS = {
    "analysis own": "ana",
    "analysis other": "bob",
    "production-shifter": "shifter",
    "production": "prod",
    "superuser": "boss",
    "stranger": "stranger",
}
# A file comes in a POST.
CHANGING = [one.name for one in ENDPOINTS if one.changes and one.name != "ini_to_campaign"]


@pytest.fixture(scope="module")
def scripts(django_db_setup, django_db_blocker):
    """A client with a token, and the items that it asks for, for each person."""
    with django_db_blocker.unblock(), transaction.atomic():
        actors = rights_world.build()
        users = {name: Experimenter.objects.get(username=user) for name, user in USERS.items()}
        tokens = {name: ApiToken.objects.create(user)[1] for name, user in users.items()}
        yield {
            name: (Client(headers={"Authorization": f"Bearer {token}"}), actors[name].items)
            for name, token in tokens.items()
        }
        transaction.set_rollback(True)


def gets_in(client, name, said):
    with transaction.atomic():
        answer = client.get(reverse(f"compat-{name}"), said)
        transaction.set_rollback(True)
    assert answer.status_code < 500
    return answer.status_code not in {401, 403, 404, 405}


@pytest.mark.parametrize("name", CHANGING)
def test_a_get_with_a_token_gets_in_where_a_post_does(name, scripts):
    entry = COMPAT[f"compat-{name}"]

    allowed = {
        who for who, (client, items) in scripts.items() if gets_in(client, name, entry.sends(items))
    }

    assert allowed == entry.post & PERSONS
