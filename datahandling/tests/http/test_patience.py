"""Who waits for many answers waits no longer in all than for one."""

import time
from datetime import timedelta

import pytest

from datahandling.errors import TooMuch
from datahandling.http import health_of
from datahandling.patience import require_pieces, waiting_at_most
from poms_client.testing.faults import Fault

pytestmark = pytest.mark.django_db

SHORT = timedelta(seconds=0.3)


def waiting(wait=SHORT, pieces=2):
    return waiting_at_most(wait, pieces, "Read the figures instead.")


def test_a_question_is_given_up_with_those_before_it_and_the_server_is_not_to_blame(
    client, faults, service
):
    client.get("/count").number()
    faults.add(Fault("/count", "timeout"))
    began = time.monotonic()

    with waiting(), pytest.raises(TooMuch, match=r"longer than 0.3 s. Read the figures instead."):
        client.get("/count")

    assert time.monotonic() - began < 5
    assert [health.failures for health in health_of(service)] == [0]


def test_then_no_other_one_is_begun(client, faults):
    with waiting(timedelta(0)), pytest.raises(TooMuch):
        client.get("/count")

    assert not faults.log


def test_a_wait_within_another_makes_it_no_longer(client, faults):
    with waiting(timedelta(0)), waiting(), pytest.raises(TooMuch):
        client.get("/count")


def test_pieces_are_refused_before_the_first_of_too_many():
    with waiting():
        require_pieces(2)
        with pytest.raises(TooMuch, match="more than 2 questions"):
            require_pieces(1)


def test_who_does_not_wait_may_ask_for_any_number():
    require_pieces(10_000)
