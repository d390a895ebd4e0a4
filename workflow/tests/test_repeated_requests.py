"""Requests with an Idempotency-Key: whoever repeats one after a lost answer does nothing twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.models import Experimenter, KeptAnswer, Membership
from submissions.models import Run, Submission
from workflow import holds

pytestmark = pytest.mark.django_db

LAUNCHES, SUBMISSIONS = "/api/v1/launches/", "/api/v1/submissions/"


def member(world, name):
    somebody = Experimenter.objects.create_user(name, password="x")
    Membership.objects.create(experimenter=somebody, experiment=world.experiment, role="production")
    return somebody


def client_of(person):
    client = APIClient()
    client.force_authenticate(person)
    return client


@pytest.fixture
def ask(world):
    """Send a request of a member's, with a key."""
    clients = {"one": client_of(member(world, "one")), "other": client_of(member(world, "other"))}

    def ask(url, body, key=None, who="one"):
        headers = {} if key is None else {"Idempotency-Key": key}
        return clients[who].post(url, body, format="json", headers=headers)

    return ask


@pytest.fixture
def gen(world):
    return world.stage("gen", stage_type="generator")


def bodies(gen):
    return {LAUNCHES: {"stage": gen.pk}, SUBMISSIONS: {"stage_id": gen.pk}}


@pytest.mark.parametrize("url", [LAUNCHES, SUBMISSIONS])
def test_the_same_request_with_the_same_key_is_answered_as_the_first_time(ask, gen, url):
    first = ask(url, bodies(gen)[url], "k")
    Submission.objects.update(status="Running")
    again = ask(url, bodies(gen)[url], "k")

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert Submission.objects.count() == Run.objects.count() == 1


@pytest.mark.parametrize("keys", [(None, None), ("k", "l")])
@pytest.mark.parametrize("url", [LAUNCHES, SUBMISSIONS])
def test_without_a_key_or_with_a_new_one_it_is_another_request(ask, gen, url, keys):
    answers = [ask(url, bodies(gen)[url], key) for key in keys]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert Submission.objects.count() == 2


def test_each_person_has_keys_of_their_own(ask, gen):
    for who in ("one", "other"):
        assert ask(LAUNCHES, {"stage": gen.pk}, "k", who).status_code == 201

    assert Submission.objects.count() == 2


@pytest.mark.parametrize(
    ("url", "body"),
    [(LAUNCHES, {"test": True}), (LAUNCHES, {"dataset": "x"}), (SUBMISSIONS, {})],
)
def test_a_key_of_another_request_is_refused(ask, gen, url, body):
    ask(LAUNCHES, {"stage": gen.pk}, "k")

    refused = ask(url, {"stage": gen.pk, "stage_id": gen.pk, **body}, "k")

    assert refused.status_code == 422
    assert "take a new one" in refused.json()["detail"]
    assert Submission.objects.count() == 1


def test_a_launch_under_a_hold_is_queued_once_and_said_to_be_so(world, ask, gen):
    held = holds.hold(gen, "maintenance", world.person)
    first = ask(LAUNCHES, {"stage": gen.pk}, "k")
    holds.release(held, world.person)

    assert first.status_code == 423
    assert ask(LAUNCHES, {"stage": gen.pk}, "k").json() == first.json()
    assert Submission.objects.count() == 1


def test_what_was_refused_is_judged_anew(world, ask):
    stage = world.stage("sim", dataset="raw", split_type="nfiles(1)")
    world.dataset("raw", 1)
    world.launch(stage)
    exhausted = ask(LAUNCHES, {"stage": stage.pk}, "k")
    world.dataset("raw", 2)

    assert exhausted.status_code == 409
    assert ask(LAUNCHES, {"stage": stage.pk}, "k").status_code == 201


def test_a_key_may_be_quoted_as_the_draft_has_it(ask, gen):
    ask(LAUNCHES, {"stage": gen.pk}, "k")
    ask(LAUNCHES, {"stage": gen.pk}, '"k"')

    assert Submission.objects.count() == 1


@pytest.mark.parametrize("key", ["", '""', "a b", "ü", "k" * 256, '"'])
def test_a_key_that_is_none_is_refused(ask, gen, key):
    assert ask(LAUNCHES, {"stage": gen.pk}, key).status_code == 400
    assert not Submission.objects.exists()


def test_keys_are_forgotten_after_a_week(ask, gen):
    for age in (6, 8):
        ask(LAUNCHES, {"stage": gen.pk}, f"{age}")
        KeptAnswer.objects.filter(key=age).update(at=timezone.now() - timedelta(days=age))

    ask(LAUNCHES, {"stage": gen.pk}, "new")

    assert set(KeptAnswer.objects.values_list("key", flat=True)) == {"6", "new"}


def test_an_effect_that_is_undone_leaves_no_answer_behind(ask, gen):
    with transaction.atomic():
        ask(LAUNCHES, {"stage": gen.pk}, "k")
        transaction.set_rollback(True)

    ask(LAUNCHES, {"stage": gen.pk}, "k")
    assert Submission.objects.count() == KeptAnswer.objects.count() == 1


class Senders:
    """Threads that send the same request, each with a connection of its own."""

    def __init__(self, ask, gen):
        self.ask, self.gen = ask, gen
        self.pool = ThreadPoolExecutor(8)

    def send(self, url, key, barrier=None):
        def send():
            if barrier is not None:
                barrier.wait(30)
            try:
                return self.ask(url, bodies(self.gen)[url], key)
            finally:
                connection.close()

        return self.pool.submit(send)


@pytest.fixture
def senders(ask, gen):
    senders = Senders(ask, gen)
    yield senders
    senders.pool.shutdown()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", [LAUNCHES, SUBMISSIONS])
def test_of_many_at_once_with_one_key_one_has_its_effect(senders, url):
    for number in range(10):
        barrier = Barrier(8)
        sent = [senders.send(url, f"{number}", barrier) for _ in range(8)]
        answers = [each.result(60) for each in sent]

        assert {answer.status_code for answer in answers} <= {201, 409}
        made = [answer.json() for answer in answers if answer.status_code == 201]
        assert made == [made[0]] * len(made)
        assert Submission.objects.count() == number + 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", [LAUNCHES, SUBMISSIONS])
def test_who_repeats_a_request_that_is_at_work_is_told_to_ask_again(senders, ask, gen, url):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE submissions_run IN EXCLUSIVE MODE")
        first = senders.send(url, "k")
        await_lock()
        second = senders.send(url, "k").result(60)

    assert second.status_code == 409
    assert second.headers["Retry-After"] == "1"
    assert first.result(60).status_code == 201
    assert ask(url, bodies(gen)[url], "k").json() == first.result().json()


def await_lock():
    """Wait until somebody waits for a lock of ours."""
    with connection.cursor() as cursor:
        waiting = 0
        while not waiting:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            (waiting,) = cursor.fetchone()
