"""What several tests of campaigns begin with."""

import pytest

from campaigns.tests.builders import person


@pytest.fixture
def me(client, db):
    """One of the production team, signed in."""
    me = person("me", "production")
    client.force_login(me)
    return me
