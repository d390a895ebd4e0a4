"""The pages of data services: who sets them up, who sees them, and what is refused."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import DataService
from campaigns.tests import builders
from campaigns.tests.builders import DISPATCHER, SAM, data_service, person
from datahandling.models import ServiceHealth

pytestmark = pytest.mark.django_db

ADD = reverse("admin:campaigns_dataservice_add")
LIST = reverse("admin:campaigns_dataservice_changelist")
USUAL = {"owner": "poms", "connect_timeout": "3s", "read_timeout": "10s", "at_once": 16}
ADDRESSES = ("url", "auth_url", "metacat_url", "metacat_auth_url", "fts_url")


@pytest.fixture
def boss(client):
    """Who manages nova."""
    boss = person("boss", "superuser")
    client.force_login(boss)
    return boss


@pytest.fixture
def root(client):
    root = person("root", is_superuser=True)
    client.force_login(root)
    return root


def page_of(row):
    return reverse("admin:campaigns_dataservice_change", args=[row.pk])


def filled_in(of="nova", **fields):
    return {
        "experiment": builders.experiment(of).pk,
        **SAM,
        **USUAL,
        "credential": "none",
        **fields,
    }


def refused(response):
    assert response.status_code == 200
    return response.context["adminform"].form.errors


def test_a_manager_sets_up_the_service_of_their_experiment(client, boss):
    response = client.post(ADD, filled_in(connect_timeout="500ms", read_timeout="1m"))
    assert "connect_timeout" in refused(response)

    response = client.post(ADD, filled_in(read_timeout="1m"))

    assert response.status_code == 302, refused(response)
    made = DataService.objects.get()
    assert (made.url, made.read_timeout) == (SAM["url"], timedelta(minutes=1))
    assert made.history.get().history_user == boss


def test_another_experiments_cant_be_set_up(client, boss):
    response = client.post(ADD, filled_in("dune"))

    assert "experiment" in refused(response)


def test_an_experiment_has_one_service_of_a_kind(client, boss):
    data_service()

    response = client.post(ADD, filled_in())

    assert "already exists" in str(refused(response))


def test_what_cant_be_used_is_refused_at_its_fields(client, boss):
    response = client.post(ADD, filled_in(**DISPATCHER | {"url": "http://dd.org", "namespace": ""}))

    assert "use https" in str(refused(response)["url"])
    assert "needs the namespace" in str(refused(response)["namespace"])
    assert not DataService.objects.exists()


@pytest.mark.parametrize("role", ["analysis", "production-shifter", "production"])
def test_other_members_look_and_change_nothing(client, role):
    row = data_service()
    client.force_login(person("me", role))

    assert SAM["url"] in client.get(page_of(row)).text
    assert client.post(page_of(row), filled_in(owner="me")).status_code == 403
    assert client.get(ADD).status_code == 403


def test_another_experiments_service_isnt_shown(client, boss):
    row = data_service("dune")

    assert "of dune" not in client.get(LIST).text
    assert client.get(page_of(row), follow=True).redirect_chain[-1][0] == "/admin/"


# Secrets are root's


def test_root_names_the_credential_and_is_warned_of_its_file(client, root):
    opened = {"credential": "bearer", "credential_file": "/nowhere/token"}

    page = client.post(ADD, filled_in(**opened), follow=True)

    assert "/nowhere/token isn&#x27;t there for POMS" in page.text
    assert DataService.objects.get().credential_file == "/nowhere/token"


def test_a_manager_cant_have_a_file_of_this_machine_sent_anywhere(client, boss):
    row = data_service()
    stolen = {"credential": "bearer", "credential_file": "/etc/passwd"}

    client.post(page_of(row), filled_in(**stolen))

    row.refresh_from_db()
    assert (row.credential, row.credential_file) == ("none", "")


def test_a_manager_cant_have_the_services_secret_sent_elsewhere(client, boss):
    row = data_service(credential="bearer", credential_file="/run/poms/token")

    response = client.post(
        page_of(row), filled_in(url="https://elsewhere.org/sam/nova/api", at_once=4)
    )

    assert response.status_code == 302, refused(response)
    row.refresh_from_db()
    assert (row.url, row.at_once) == (SAM["url"], 4)


def test_experiment_and_kind_are_chosen_once(client, root):
    row = data_service()

    client.post(page_of(row), filled_in("dune", kind="data_dispatcher"))

    row.refresh_from_db()
    assert (row.experiment.name, row.kind) == ("nova", "sam")


# How it answers


def answers(row, **how):
    return ServiceHealth.objects.create(
        kind=row.kind, experiment=row.experiment.name, server="https://sam.example.org", **how
    )


def test_the_list_tells_how_a_service_answers(client, boss):
    row = data_service()
    assert "not asked yet" in client.get(LIST).text

    now = timezone.now()
    health = answers(row, last_answer_at=now - timedelta(minutes=3))
    assert "3\xa0minutes ago" in client.get(LIST).text

    ServiceHealth.objects.filter(pk=health.pk).update(
        failures=7, failing_since=now - timedelta(hours=2), last_error="timed out <b>"
    )
    page = client.get(LIST).text
    assert "no answer since" in page
    assert "2\xa0hours ago" in page
    assert "timed out &lt;b&gt;" in page


def test_the_server_that_answers_worst_is_told_of(client, boss):
    row = data_service()
    answers(row, last_answer_at=timezone.now())
    ServiceHealth.objects.create(
        kind="sam", experiment="nova", server="https://other.org", failures=2, last_error="refused"
    )

    assert "refused" in client.get(LIST).text


def test_the_list_tells_of_nonsense_until_there_is_an_answer(client, boss):
    now = timezone.now()
    health = answers(
        data_service(), nonsense="status 404: <h1>", nonsense_at=now - timedelta(minutes=3)
    )
    pages = [client.get(LIST).text]
    for minutes in (4, 2):
        ServiceHealth.objects.filter(pk=health.pk).update(
            last_answer_at=now - timedelta(minutes=minutes)
        )
        pages.append(client.get(LIST).text)

    assert ["answered nonsense" in page for page in pages] == [True, True, False]
    assert "status 404: &lt;h1&gt;" in pages[0]


def test_the_list_costs_the_same_for_few_and_for_many(client, root):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST).status_code == 200
        return len(captured)

    answers(data_service())
    queries()  # what is looked up once per process
    few = queries()
    for n in range(10):
        answers(data_service(f"exp{n}"))

    assert queries() == few
