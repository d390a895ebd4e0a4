"""Signing in and out."""

import pytest
from django.urls import reverse

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


def test_signing_out_is_a_post(client, someone):
    sign_in(client)

    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout")).url == reverse("login")
    assert "_auth_user_id" not in client.session


def test_who_is_signed_in_isnt_asked_again(client, someone):
    sign_in(client)

    assert client.get(reverse("login")).url == "/"
