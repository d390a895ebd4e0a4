"""A pass asks data services in parallel: each in its own bounded group, none waits for another."""

import threading
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from campaigns.models import Campaign, DataService, Experiment, LoginSetup
from campaigns.tests import builders
from datahandling.base import Unknown
from datahandling.handlers import HANDLERS
from datahandling.handlers.catalogue import Catalogue
from datahandling.http.budget import slot
from datahandling.testing import declare_files
from submissions.models import Submission
from submissions.statuses import Status
from workflow import asking, background, wrapup
from workflow.requesting import Wish, request_launch
from workflow.tasks import TASKS, run_pass

pytestmark = pytest.mark.django_db(transaction=True)


class Outside(Catalogue):
    """The catalogue as a service outside: it notes who is asking, and does what a test says."""

    lock = threading.Lock()

    def __init__(self, experiment, service=None):
        super().__init__(experiment, service)

    @classmethod
    def begin(cls):
        cls.asked, cls.threads, cls.now, cls.most = Counter(), set(), 0, 0
        cls.delay = 0.0
        cls.behave = staticmethod(lambda experiment: None)

    def count(self, query):
        with slot(self.service) if self.service else nullcontext():
            return self._count(query)

    def _count(self, query):
        with self.lock:
            Outside.now += 1
            Outside.most = max(Outside.most, Outside.now)
            self.asked[self.experiment, query] += 1
            self.threads.add(threading.current_thread().name)
        try:
            time.sleep(self.delay)
            self.behave(self.experiment)
            return super().count(query)
        finally:
            with self.lock:
                Outside.now -= 1


@pytest.fixture
def outside(monkeypatch):
    Outside.begin()
    monkeypatch.setitem(HANDLERS, "sam", Outside)
    monkeypatch.setattr(background, "AT_MOST", 0)  # what decisions ask is counted here
    return Outside


@pytest.fixture
def completed(world, outside):
    """Return so many completed submissions of an experiment whose files are in SAM."""

    def make(count, experiment="demo", at_once=4, data_handler="sam"):
        world.experiment = Experiment.objects.get_or_create(name=experiment)[0]
        world.campaign, _ = Campaign.objects.get_or_create(
            name=f"mc {data_handler}",
            experiment=world.experiment,
            creator=world.person,
            data_handler=data_handler,
        )
        world.login, _ = LoginSetup.objects.get_or_create(
            name="here", launcher="local", experiment=world.experiment, creator=world.person
        )
        if data_handler == "sam":
            DataService.objects.get_or_create(
                kind="sam",
                experiment=world.experiment,
                defaults={"url": "http://127.0.0.1", "at_once": at_once},
            )
        world.catalogue = Catalogue(experiment)
        stage = world.stage(f"work {experiment} {data_handler}")
        made = []
        for number in range(count):
            declare_files(experiment, f"{data_handler}{number}", 2)
            wish = Wish(who=world.person, dataset=f"{data_handler}{number}")
            made.append(request_launch(stage, wish))
            TASKS["launches"]()
            world.finish(made[-1])
        outside.begin()
        return made

    return make


def statuses(submissions):
    rows = Submission.objects.filter(pk__in=[each.pk for each in submissions])
    return Counter(rows.values_list("status", flat=True))


def test_a_pass_wraps_up_what_asks_a_service(completed):
    these = completed(7)

    assert run_pass()["completed"] == 7

    assert statuses(these) == {Status.LOCATED: 7}


def test_a_service_is_asked_in_parallel_and_never_more_than_it_allows(completed, outside):
    completed(12, at_once=4)
    outside.delay = 0.02

    run_pass()

    assert outside.most == 4
    assert outside.threads == {"asks sam"}


def test_what_waits_longer_than_its_lease_is_done_once(completed, outside, settings, monkeypatch):
    these = completed(3, at_once=1)
    settings.LEASE = timedelta(seconds=1.5)
    done = []

    def slowly(submission):
        done.append(submission.pk)
        wrapup.wrap_up_next.do(submission)
        time.sleep(1.7)  # who comes next waits in the queue

    monkeypatch.setitem(TASKS, "completed", replace(wrapup.wrap_up_next, do=slowly))
    monkeypatch.setattr(asking, "LOOK_AGAIN", 0.02)

    run_pass()

    assert sorted(done) == [each.pk for each in these]
    assert statuses(these) == {Status.LOCATED: 3}


def test_each_question_of_a_pass_is_asked_once(completed, outside):
    completed(6)

    run_pass()

    assert outside.asked
    assert set(outside.asked.values()) == {1}


def test_a_service_that_hangs_delays_nobody_elses_submissions(completed, outside):
    slow, quick = completed(3, "slow"), completed(3, "quick")
    own = completed(2, "quick", data_handler="catalogue")
    others_are_done = threading.Event()

    def behave(experiment):
        if experiment == "slow":
            assert others_are_done.wait(20)

    outside.behave = staticmethod(behave)
    watching = threading.Thread(target=tell_when_located, args=([*quick, *own], others_are_done))
    watching.start()
    run_pass()
    watching.join()

    assert statuses([*slow, *quick, *own]) == {Status.LOCATED: 8}


def tell_when_located(these, located):
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and statuses(these) != {Status.LOCATED: len(these)}:
        time.sleep(0.02)
    if statuses(these) == {Status.LOCATED: len(these)}:
        located.set()
    connection.close()


def test_many_submissions_of_one_experiment_leave_room_for_anothers(completed, outside):
    many = completed(12, "many", at_once=1)
    few = completed(2, "few", at_once=1)
    outside.delay = 0.03
    order = []
    outside.behave = staticmethod(order.append)

    run_pass()

    assert statuses([*many, *few]) == {Status.LOCATED: 14}
    assert max(at for at, who in enumerate(order) if who == "few") < len(order) / 2


def test_a_service_that_gives_no_answer_decides_nothing_and_is_asked_later(completed, outside):
    these = completed(3)

    def behave(experiment):
        raise Unknown("out of reach")

    outside.behave = staticmethod(behave)
    run_pass()

    assert statuses(these) == {Status.COMPLETED: 3}
    assert all(each.decisions.last().unknown for each in these)


def test_where_nobody_has_set_up_the_service_the_decision_says_so(completed):
    [one] = completed(1)
    DataService.objects.all().delete()

    run_pass()

    assert "add it under Data services" in one.decisions.last().conclusion


def test_a_decision_says_of_when_its_answers_are(completed):
    [one] = completed(1)

    run_pass()

    kept = one.decisions.get(about="completion")
    assert kept.answers_of is not None
    assert kept.answers_of <= kept.last_at


def test_the_api_says_of_when_the_answers_are_that_a_decision_rests_on(completed):
    [one] = completed(1)
    run_pass()
    client = APIClient()
    client.force_authenticate(builders.person("member", "analysis", of=one.experiment.name))

    page = client.get(f"/api/v1/submissions/{one.pk}/decisions/").text

    kept = one.decisions.get(about="completion").answers_of
    assert f'"answers_of":"{kept:%FT%T.%f}Z"' in page


def test_a_decision_that_rests_on_the_embedded_catalogue_has_no_age(completed):
    [one] = completed(1, data_handler="catalogue")

    run_pass()

    assert one.decisions.get(about="completion").answers_of is None


def test_the_embedded_catalogue_is_asked_by_the_pass_itself(completed, outside, monkeypatch):
    monkeypatch.setitem(HANDLERS, "catalogue", Outside)
    these = completed(3, data_handler="catalogue")

    run_pass()

    assert statuses(these) == {Status.LOCATED: 3}
    assert outside.threads == {"MainThread"}


def test_within_a_transaction_the_pass_does_it_all_itself(completed, outside):
    these = completed(3)

    with transaction.atomic():
        run_pass()

    assert statuses(these) == {Status.LOCATED: 3}
    assert outside.threads == {"MainThread"}


def test_what_fails_as_nobody_foresaw_is_raised_where_the_pass_is(completed, outside):
    completed(3)
    outside.behave = staticmethod(lambda experiment: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        run_pass()


def test_or_is_logged_and_the_others_are_done(completed, outside, caplog):
    these = completed(4)
    first = threading.Lock()

    def behave(experiment):
        if first.acquire(blocking=False):
            raise ZeroDivisionError("odd")

    outside.behave = staticmethod(behave)
    run_pass(survive=True)

    assert statuses(these) == {Status.COMPLETED: 1, Status.LOCATED: 3}
    assert "a unit of the task completed failed" in caplog.text


def test_no_more_than_the_limit_is_begun(completed):
    these = completed(5)

    assert sum(run_pass(limit=3).values()) == 3
    assert statuses(these)[Status.LOCATED] == 3


def test_the_threads_of_a_pass_leave_no_connection_behind(completed):
    completed(5)

    run_pass()

    deadline = time.monotonic() + 5  # a server takes a moment to see that a client went away
    while (count := connections()) > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert count == 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("asks")]


def connections():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return cursor.fetchone()[0]
