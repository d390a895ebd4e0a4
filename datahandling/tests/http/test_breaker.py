"""A server that doesn't answer is left alone, and asked again by one question at a time."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from datahandling.errors import Unknown
from datahandling.http import client_for, health_of
from datahandling.http.breaker import ENOUGH, LONGEST, interval
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
    began = time.monotonic()
    with pytest.raises(Unknown, match=r"isn't asked for now: nothing has answered at http.*500"):
        down.get("/json")

    assert time.monotonic() - began < 0.1
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

    assert client_for(service, anyway=True).get("/json").status == 200
    assert down.get("/json").status == 200


def test_after_a_while_one_question_goes_through(down, faults):
    with time_machine.travel(timezone.now() + interval(1), tick=False):
        fail(down)
        assert len(faults.log) == 1
        fail(down)
        assert len(faults.log) == 1


def test_the_one_question_that_is_answered_lets_all_others_through(down, faults):
    faults.clear()
    with time_machine.travel(timezone.now() + interval(1)):
        assert down.get("/json").status == 200
        assert down.get("/json").status == 200


def test_it_is_left_alone_longer_each_time_up_to_a_bound(down, service, faults):
    waits = []
    for _ in range(7):
        (health,) = health_of(service)
        with time_machine.travel(health.open_until + timedelta(seconds=1), tick=False):
            fail(down)
            (health,) = health_of(service)
            waits.append(health.open_until - timezone.now())

    assert len(faults.log) == 7
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST
    assert len(set(waits)) > 3


@pytest.mark.parametrize("status", ["400", "401", "403", "404"])
def test_a_refusal_shows_that_somebody_is_there(client, faults, service, status):
    faults.add(Fault(kind=status))

    fail(client, ENOUGH + 1)

    assert len(faults.log) == ENOUGH + 1
    (health,) = health_of(service)
    assert health.failures == 0


def test_failures_in_between_answers_do_not_add_up(client, faults):
    for _ in range(ENOUGH):
        faults.add(Fault(kind="500", times=1))
        fail(client)
        assert client.get("/json").status == 200


def test_what_is_known_of_a_service_can_be_shown(down, service, server):
    (health,) = health_of(service)

    assert health.server == server.url
    assert health.failures == ENOUGH
    assert "status 500" in health.last_error
    assert health.failing_since <= health.last_failure_at < health.open_until
