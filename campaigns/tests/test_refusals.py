"""What isn't there, or isn't for who asks, is told in POMS's words, and in the same ones."""

import pytest
from rest_framework.test import APIClient

from campaigns.tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask():
    client = APIClient()
    client.force_authenticate(builders.person("prod", "production"))
    return client


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("submissions/999/", "there is no submission 999 that you may see"),
        ("submissions/999/decisions/", "there is no submission 999 that you may see"),
        ("stages/999/", "there is no stage 999 that you may see"),
        ("job-types/999/", "there is no job type 999 that you may see"),
    ],
)
def test_what_is_not_there_is_named(ask, address, words):
    answer = ask.get(f"/api/v1/{address}")

    assert (answer.status_code, answer.json()["detail"]) == (404, words)


def test_what_is_named_in_the_body_is_told_of_without_its_number(ask):
    answer = ask.post("/api/v1/launches/", {"stage": 999}, format="json")

    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no such stage")


def test_what_others_have_is_not_there_either(ask):
    theirs = builders.campaign("mc", builders.person("else", "production", of="dune"), of="dune")

    answer = ask.get(f"/api/v1/campaigns/{theirs.pk}/")

    assert answer.json()["detail"] == f"there is no campaign {theirs.pk} that you may see"
