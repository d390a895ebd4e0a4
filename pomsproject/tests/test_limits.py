"""The API takes so many requests a minute of each caller, and says when to go on."""

import pytest
import time_machine
from django.core.cache import cache
from rest_framework.test import APIClient

from campaigns.models import ApiToken
from campaigns.tests import builders

pytestmark = pytest.mark.django_db
NOON = "2026-11-22T12:00:20Z"


@pytest.fixture(autouse=True)
def two_a_minute(settings):
    settings.API_LIMITS = {"anonymous": 2, "person": 2, "job": 3}
    cache.clear()
    yield
    cache.clear()


def script_of(someone):
    _, token = ApiToken.objects.create(someone)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def ask(script):
    return script.get("/api/v1/campaigns/").status_code


def test_what_is_too_much_waits_for_the_next_minute():
    with time_machine.travel(NOON, tick=False) as clock:
        script = script_of(builders.person("me", "analysis"))
        assert [ask(script), ask(script), ask(script)] == [200, 200, 429]

        refused = script.get("/api/v1/campaigns/")
        assert refused.headers["Retry-After"] == "40"
        assert "40 seconds" in refused.json()["detail"]

        clock.shift(40)
        assert ask(script) == 200


def test_each_token_is_counted_by_itself():
    me = builders.person("me", "analysis")
    with time_machine.travel(NOON, tick=False):
        first, second = script_of(me), script_of(me)
        assert [ask(first), ask(first), ask(first), ask(second)] == [200, 200, 429, 200]


def test_who_says_no_name_is_counted_by_address():
    nobody = APIClient()
    with time_machine.travel(NOON, tick=False):
        asked = [
            nobody.post("/api/v1/submissions/1/leave/", {"token": "x"}).status_code
            for _ in range(3)
        ]
    assert asked == [409, 409, 429]


def test_a_full_cache_keeps_nobody_out(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    with time_machine.travel(NOON, tick=False):
        script = script_of(builders.person("me", "analysis"))
        assert {ask(script) for _ in range(5)} == {200}
