"""A server that doesn't answer is left alone, and asked again by one question at a time."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.utils import timezone

from datahandling.errors import Unknown
from datahandling.http import client_for, health_of
from datahandling.http.breaker import ALONE, ENOUGH, NOTED, SILENT
from datahandling.models import ServiceHealth
from poms_client.testing.faults import Fault

pytestmark = pytest.mark.django_db


def fail(client, times=1):
    for _ in range(times):
        with pytest.raises(Unknown):
            client.post("/json")


@pytest.fixture
def down(client, faults):
    """Bring the server down; the client has noticed."""
    faults.add(Fault(kind="500"))
    fail(client, ENOUGH)
    faults.log.clear()
    return client


def test_after_enough_failures_nobody_asks(down, faults):
    with pytest.raises(Unknown, match=r"isn't asked for now: nothing has answered at http.*500"):
        down.get("/json")

    assert not faults.log


def test_what_is_said_of_it_stays_the_same_so_that_a_decision_is_kept_once(down):
    def said():
        with pytest.raises(Unknown) as why:
            down.get("/json")
        return str(why.value)

    assert said() == said()


def test_others_of_the_same_service_are_asked_on(down, service, faults):
    other = replace(service, experiment="dune")
    faults.clear()

    assert client_for(other).get("/json").status == 200


def test_a_person_may_ask_anyway_and_an_answer_is_good_news_to_all(down, service, faults):
    faults.clear()

    assert client_for(service, anyway=True).get("/json").json()
    assert down.get("/json").json()


def test_after_a_while_one_question_goes_through(down, faults):
    with time_machine.travel(timezone.now() + ALONE, tick=False):
        fail(down)
        assert len(faults.log) == 1
        fail(down)
        assert len(faults.log) == 1


def test_the_one_question_that_is_answered_lets_all_others_through(down, faults):
    faults.clear()
    with time_machine.travel(timezone.now() + ALONE):
        assert down.get("/json").json()
        assert down.get("/json").json()


def test_a_dead_server_is_asked_every_ten_seconds_however_long_it_is_dead(down, service, faults):
    asked = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(600):
            clock.shift(1)
            before = len(faults.log)
            fail(down)
            if len(faults.log) > before:
                asked.append(timezone.now())

    waits = {later - sooner for sooner, later in pairwise(asked)}
    assert waits <= {ALONE, ALONE + timedelta(seconds=1)}
    assert 50 <= len(asked) <= 60


def test_whoever_waits_is_to_be_told_once_the_one_question_is_answered(down, service, faults):
    faults.clear()
    with time_machine.travel(timezone.now() + ALONE, tick=False):
        down.get("/json").json()
        (health,) = health_of(service)
        assert health.back_at == timezone.now()


# Answers that aren't what was asked


@pytest.fixture
def page(faults):
    """Have a proxy answer all with a page of its own."""

    def page(status="404 Not Found", kind="text/html", body=b"<h1>Not Found</h1>"):
        def answer(environ, start):
            start(status, [("Content-Type", kind)])
            return [body]

        faults.application = answer

    return page


NONSENSE = {
    "a page": {},
    "a page that says all is well": {"status": "200 OK"},
    "sent elsewhere": {"status": "302 Found", "body": b""},
    "refused": {"status": "403 Forbidden", "kind": "text/plain", "body": b"go away"},
    "broken": {"status": "200 OK", "kind": "application/json", "body": b'{"files": '},
}


@pytest.fixture
def ask(client):
    """Ask, and make nothing of what is said."""

    def ask(times=1):
        for _ in range(times):
            with pytest.raises(Unknown):
                client.post("/json").json()

    return ask


@pytest.mark.parametrize("said", NONSENSE)
def test_while_others_get_answers_nonsense_is_no_failure_and_no_answer(
    client, faults, service, page, ask, said
):
    client.get("/json").json()
    answered = ServiceHealth.objects.get().last_answer_at
    faults.add(Fault(kind="500"))
    fail(client, 2)
    faults.clear()
    page(**NONSENSE[said])

    ask(ENOUGH + 1)

    assert len(faults.log) == ENOUGH + 4  # all of them were asked
    (health,) = health_of(service)
    assert (health.failures, health.last_answer_at, health.open_until) == (2, answered, None)
    assert health.makes_no_sense
    assert "/json, was answered" in health.nonsense


@pytest.mark.parametrize("said", NONSENSE)
def test_a_server_that_only_ever_answers_nonsense_is_left_alone(faults, service, page, ask, said):
    page(**NONSENSE[said])

    ask(ENOUGH + 1)

    assert len(faults.log) == ENOUGH
    (health,) = health_of(service)
    assert (health.failures, health.makes_no_sense) == (ENOUGH, True)
    assert "/json, was answered" in health.last_error


def test_once_it_makes_sense_whoever_waits_is_told(client, faults, service, page, ask):
    before = faults.application
    page()
    ask(ENOUGH)
    faults.application = before

    with time_machine.travel(timezone.now() + ALONE, tick=False):
        client.get("/json").json()

        (health,) = health_of(service)
        assert (health.back_at, health.open_until) == (timezone.now(), None)


def test_nonsense_counts_when_the_last_answer_is_a_minute_ago(client, faults, service, page, ask):
    client.get("/json").json()
    page()
    with time_machine.travel(timezone.now() + SILENT + timedelta(seconds=1), tick=False):
        ask(ENOUGH + 1)

    assert len(faults.log) == 1 + ENOUGH
    assert health_of(service)[0].open_until is not None


def test_a_clear_answer_resets_what_a_page_did_not(client, faults, service, page):
    before = faults.application
    page()
    fail(client)
    faults.application = before

    client.get("/json").json()

    (health,) = health_of(service)
    assert not health.makes_no_sense


def test_a_refusal_of_its_own_is_a_clear_answer(client, service):
    answer = client.get("/missing", ok=(200, 404))
    assert health_of(service) == []

    answer.is_clear()

    (health,) = health_of(service)
    assert health.last_answer_at is not None


def test_a_page_in_place_of_a_dead_server_lets_nobody_through(down, service, faults, page):
    faults.clear()
    page()
    with time_machine.travel(timezone.now() + ALONE, tick=False) as clock:
        fail(down, 3)
        assert len(faults.log) == 1
        clock.shift(ALONE)
        fail(down, 3)
        assert len(faults.log) == 2

    (health,) = health_of(service)
    assert (health.failures, health.back_at) == (ENOUGH, None)


def test_nonsense_is_written_down_now_and_then(client, service, page, django_assert_num_queries):
    client.get("/json").json()
    page()
    fail(client)
    with django_assert_num_queries(3):  # the health, a slot and its return
        fail(client)
    noted = ServiceHealth.objects.get().nonsense_at

    with time_machine.travel(timezone.now() + NOTED + timedelta(seconds=1)):
        fail(client)

    assert ServiceHealth.objects.get().nonsense_at > noted


def test_failures_in_between_answers_do_not_add_up(client, faults):
    for _ in range(ENOUGH):
        faults.add(Fault(kind="500", times=1))
        fail(client)
        client.get("/json").json()


def test_what_is_known_of_a_service_can_be_shown(down, service, server):
    (health,) = health_of(service)

    assert health.server == server.url
    assert health.failures == ENOUGH
    assert "status 500" in health.last_error
    assert health.failing_since <= health.last_failure_at < health.open_until
