"""Signing in and out."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.urls import reverse

from campaigns.models import FailedSignIn
from campaigns.models.signins import MOST
from campaigns.tests.builders import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def someone():
    someone = person("someone", "production")
    someone.set_password("correct horse")
    someone.save()
    return someone


def sign_in(client, password="correct horse", **fields):
    return client.post(reverse("login"), {"username": "someone", "password": password, **fields})


def test_a_person_signs_in_and_goes_on_where_they_wanted(client, someone):
    response = sign_in(client, next="/admin/")

    assert response.status_code == 302
    assert response.url == "/admin/"


def test_signing_in_is_no_change_of_the_person(client, someone):
    sign_in(client)

    someone.refresh_from_db()
    assert someone.last_login is not None
    assert [version.history_type for version in someone.history.all()] == ["~", "+"]


def test_nobody_is_sent_elsewhere_after_signing_in(client, someone):
    assert sign_in(client, next="https://elsewhere.example/").url == "/"


@pytest.mark.parametrize(
    "change", [{"password": "wrong"}, {"is_active": False}, {"is_agent": True}]
)
def test_a_wrong_password_somebody_inactive_and_an_agent_are_turned_away(client, someone, change):
    password = change.pop("password", "correct horse")
    for name, value in change.items():
        setattr(someone, name, value)
    someone.save()

    response = sign_in(client, password)

    assert response.status_code == 200
    assert "alert-danger" in response.text
    assert "_auth_user_id" not in client.session


def fail(client, times, **fields):
    for _ in range(times):
        last = sign_in(client, "wrong", **fields)
    return last


def test_who_guesses_has_to_wait_for_a_quarter_of_an_hour(client, someone):
    with time_machine.travel("2025-03-01 12:00:30Z", tick=False) as clock:
        fail(client, 10)
        clock.shift(30)

        refused = sign_in(client)
        assert "Too many sign-ins with this name failed. Try again in 15 minutes." in refused.text
        assert "_auth_user_id" not in client.session
        clock.shift(15 * 60)
        assert sign_in(client).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_who_guesses_many_at_once_gets_no_more_tries():
    at_once = 2 * MOST
    together = Barrier(at_once)

    def guess(_):
        try:
            together.wait(20)
            return FailedSignIn.objects.begin("someone", "127.0.0.1") is None
        finally:
            connection.close()

    with ThreadPoolExecutor(at_once) as threads:
        assert sum(threads.map(guess, range(at_once))) == MOST


def test_a_name_that_nobody_has_is_answered_the_same(client):
    assert "Too many" in fail(client, 11).text


def test_nine_slips_are_forgiven_and_forgotten_with_the_right_password(client, someone):
    for _ in range(2):
        fail(client, 9)
        assert sign_in(client).status_code == 302
        client.logout()
    assert not FailedSignIn.objects.exists()


@pytest.mark.parametrize("other", [{"REMOTE_ADDR": "192.0.2.7"}, {"username": "somebody else"}])
def test_others_and_other_places_are_not_kept_out(client, someone, other):
    fail(client, 10, username="SomeOne")
    assert "Too many" in sign_in(client).text
    address = {key: other.pop(key) for key in list(other) if key == "REMOTE_ADDR"}
    fields = {"username": "someone", "password": "correct horse", **other}

    assert "Too many" not in client.post(reverse("login"), fields, **address).text


def test_old_failures_are_not_kept(client, someone):
    with time_machine.travel("2025-03-01 12:00Z", tick=False) as clock:
        fail(client, 3)
        clock.shift(16 * 60)
        fail(client, 1)

    assert FailedSignIn.objects.count() == 1


def test_signing_out_is_a_post(client, someone):
    sign_in(client)

    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout")).url == reverse("login")
    assert "_auth_user_id" not in client.session


def test_who_is_signed_in_isnt_asked_again(client, someone):
    sign_in(client)

    assert client.get(reverse("login")).url == "/"
