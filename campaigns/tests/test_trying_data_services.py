"""The button that tries a data service: what answered, as whom, until when, or why not."""

import time

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.tests.builders import DISPATCHER, data_service, person
from datahandling.models import ServiceHealth
from datahandling.tests.services.data_dispatcher import start_anew
from datahandling.tests.test_expiry import token
from poms_client.testing.sam import SamServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def shifter(client):
    client.force_login(person("shifter", "production-shifter"))
    return client


@pytest.fixture
def sam():
    with SamServer() as server:
        yield server


@pytest.fixture
def dispatcher(tmp_path):
    """A Data Dispatcher with its MetaCat that knows POMS by a token."""
    running = start_anew("nova")
    path = tmp_path / "token"
    path.touch(0o600)
    path.write_text("bearer-of-poms")
    where = {"url": running.dispatcher.url, "metacat_url": running.metacat.url}
    opened = {"credential": "bearer", "credential_file": str(path)}
    return data_service(**DISPATCHER | where | opened)


def address(row):
    return reverse("admin:campaigns_dataservice_try", args=[row.pk])


def tried(client, row):
    """What came of trying it: {part: (reply, why not)}."""
    page = client.post(address(row))
    assert page.status_code == 200, page.text
    return {trial.part: (trial.reply, trial.why_not) for trial in page.context["trials"]}


def test_a_sam_that_is_there_answers(shifter, sam):
    [(reply, why_not)] = tried(shifter, data_service(url=sam.api("nova"))).values()

    assert reply.said == "counted 0 files of a name that nobody gives"
    assert why_not == ""


def test_nobody_there_is_told_in_words(shifter):
    [(reply, why_not)] = tried(
        shifter, data_service(url="http://127.0.0.1:9/sam/nova/api")
    ).values()

    assert reply is None
    assert "gave no clear answer" in why_not


def test_another_server_at_the_address_is_told(shifter, sam):
    [(reply, why_not)] = tried(shifter, data_service(url=f"{sam.url}/nothing/here")).values()

    assert reply is None
    assert "status 404" in why_not


def test_each_part_is_asked_and_tells_as_whom_it_knows_poms(shifter, dispatcher):
    found = tried(shifter, dispatcher)

    assert list(found) == ["Data Dispatcher", "its sign-in", "MetaCat", "MetaCat's sign-in"]
    assert found["Data Dispatcher"][0].said.startswith("version ")
    for part in ("its sign-in", "MetaCat's sign-in"):
        reply, why_not = found[part]
        assert why_not == ""
        assert reply.identity == "poms"
        assert reply.good_until is not None


def test_one_part_that_doesnt_answer_leaves_the_others_their_answers(shifter, dispatcher):
    dispatcher.metacat_url = "http://127.0.0.1:9"
    dispatcher.save()

    found = tried(shifter, dispatcher)

    assert found["Data Dispatcher"][0] is not None
    assert found["MetaCat"][0] is None


def test_a_token_that_isnt_taken_is_told(shifter, dispatcher, tmp_path):
    (tmp_path / "token").write_text("stolen")

    reply, why_not = tried(shifter, dispatcher)["its sign-in"]

    assert reply is None
    assert "doesn't know us as poms" in why_not


def test_a_credential_that_isnt_there_is_told_and_warned_of(shifter, dispatcher, tmp_path):
    (tmp_path / "token").unlink()

    page = shifter.post(address(dispatcher))

    assert "isn&#x27;t there for POMS" in page.text
    assert "can&#x27;t be read" in page.text


def test_until_when_sams_token_is_good_is_shown(shifter, sam, tmp_path):
    path = tmp_path / "token"
    path.touch(0o600)
    path.write_text(token(exp=int(time.time()) + 86_400 * 3))
    row = data_service(url=sam.api("nova"), credential="bearer", credential_file=str(path))

    reply, _ = tried(shifter, row)["what opens it"]

    assert reply.good_until is not None
    assert "2\xa0days" in shifter.post(address(row)).text


def test_no_secret_is_shown(shifter, dispatcher, tmp_path):
    assert "bearer-of-poms" not in shifter.post(address(dispatcher)).text


def test_a_service_that_is_left_alone_is_asked_all_the_same_and_heals(shifter, sam):
    row = data_service(url=sam.api("nova"))
    ServiceHealth.objects.create(
        kind="sam",
        experiment="nova",
        server=sam.url,
        failures=9,
        failing_since="2026-01-01T00:00Z",
        open_until="2999-01-01T00:00Z",
    )

    [(reply, _)] = tried(shifter, row).values()

    assert reply is not None
    assert ServiceHealth.objects.get().open_until is None


# Who may


@pytest.mark.parametrize(
    ("role", "status"),
    [("analysis", 403), ("production-shifter", 200), ("production", 200), ("superuser", 200)],
)
def test_who_may_try_it_is_offered_the_button(client, sam, role, status):
    row = data_service(url=sam.api("nova"))
    client.force_login(person("me", role))

    page = client.get(reverse("admin:campaigns_dataservice_change", args=[row.pk]))

    assert ("Try it" in page.text) is (status == 200)
    assert client.post(address(row)).status_code == status


def test_another_experiments_service_isnt_tried(shifter):
    assert shifter.post(address(data_service("dune"))).status_code == 404


def test_looking_asks_nobody_and_a_form_without_its_token_neither(shifter, sam):
    row = data_service(url=sam.api("nova"))
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = shifter.cookies

    assert shifter.get(address(row)).status_code == 405
    assert strict.post(address(row)).status_code == 403
