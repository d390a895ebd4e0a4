"""A data service that was away is back: what waited for it goes on within seconds (ADR 0028)."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datahandling.http import breaker, client
from datahandling.models import ServiceHealth
from poms_client.testing.faults import Fault
from poms_client.testing.sam import SamServer
from submissions.models import FileStatistics, Pass, Run, Submission
from submissions.models.runs import PassKind
from workflow import background, outages
from workflow.models import Join
from workflow.tasks import run_pass
from workflow.tests.sam import SamJobs

LATER = timedelta(minutes=10)


@pytest.fixture
def sam(world, monkeypatch):
    monkeypatch.setattr(client, "FIRST_WAIT", 0.001)
    monkeypatch.setattr(background, "AT_MOST", 0)  # only what decisions ask counts here
    with SamServer() as server:
        yield SamJobs(world, server)


@pytest.fixture
def completed(world, sam):
    """Return so many submissions whose jobs are over."""

    def completed(count):
        made = []
        for number in range(count):
            sam.dataset(f"raw{number}", 2)
            made.append(world.launch(world.stage(f"reco{number}", dataset=f"raw{number}")))
        run_pass()
        for submission in made:
            sam.finish(submission)
        return made

    return completed


def went_on():
    """How many got a clear answer since they last had none."""
    return Submission.objects.filter(unknown_since=None).count()


def test_after_an_outage_of_minutes_all_go_on_within_seconds(completed, sam, clock):
    completed(6)
    sam.server.faults.log.clear()
    sam.server.faults.add(Fault(kind="500"))
    for _ in range(120):  # ten minutes
        run_pass()
        clock.shift(5)
    assert went_on() == 0
    questions = len(sam.server.faults.log) / client.TRIES
    assert questions <= breaker.ENOUGH + 60  # one in ten seconds
    assert Submission.objects.filter(looks__gte=6).exists()  # some back off by minutes

    sam.server.faults.clear()
    back = timezone.now()
    while not went_on() and timezone.now() - back < LATER:
        clock.shift(5)
        run_pass()
    assert timezone.now() - back <= timedelta(seconds=20)
    clock.shift(5)
    run_pass()

    assert went_on() == 6


@pytest.mark.slow
def test_after_an_outage_of_seconds_all_go_on(completed, sam, monkeypatch):
    monkeypatch.setattr(breaker, "ALONE", timedelta(seconds=1))
    completed(6)
    sam.server.faults.add(Fault(kind="refused"))
    run_pass()
    assert ServiceHealth.objects.get().open_until is not None
    Submission.objects.update(due_at=timezone.now() + LATER)
    time.sleep(1)
    run_pass()  # one tries, in vain
    sam.server.faults.clear()

    began = time.monotonic()
    while went_on() < 6 and time.monotonic() - began < 20:
        run_pass()
        time.sleep(0.1)

    assert went_on() == 6
    assert time.monotonic() - began < 5


# Whom it concerns


@pytest.fixture
def waiting(world, sam):
    """Return so many submissions that wait, for minutes, for a clear answer of SAM."""
    stage = world.stage("reco", dataset="raw")

    def waiting(count):
        made = [world.launch(stage) for _ in range(count)]
        later = timezone.now() + LATER
        return backed_off(made, unknown_since=timezone.now(), due_at=later)

    return waiting


def backed_off(submissions, **how):
    these = Submission.objects.filter(pk__in=[each.pk for each in submissions])
    these.update(status="Completed", looks=9, **how)
    return these.order_by("pk")


@pytest.fixture
def health(db):
    def health(kind="sam", experiment="demo", **how):
        return ServiceHealth.objects.create(
            kind=kind, experiment=experiment, server="http://127.0.0.1", **how
        )

    return health


def due(rows):
    return rows.filter(due_at__lte=timezone.now()).count()


def test_one_of_many_tries_a_server_that_may_be_tried(waiting, health):
    rows = waiting(5)
    health(failures=9, open_until=timezone.now())

    outages.look()

    assert due(rows) == 1
    assert rows.filter(looks=9).count() == 5  # one more try doesn't make it look more often


def test_nobody_tries_a_server_that_is_left_alone(waiting, health):
    rows = waiting(5)
    health(failures=9, open_until=timezone.now() + timedelta(seconds=5))

    outages.look()

    assert due(rows) == 0


def test_all_look_once_it_is_back_and_only_then(waiting, health):
    rows = waiting(5)
    health(back_at=timezone.now())

    outages.look()
    assert due(rows) == 5
    rows.update(due_at=timezone.now() + LATER)
    outages.look()

    assert due(rows) == 0


def test_a_slice_a_join_and_figures_that_had_no_answer_are_looked_for_again(world, waiting, health):
    [submission] = waiting(1)
    run, later = submission.run, timezone.now() + LATER
    here = {"stage": submission.stage, "run": run, "due_at": later}
    Pass.objects.create(**here, kind=PassKind.FED, note="no clear answer")
    Join.objects.create(**here, waits_for="no clear answer")
    FileStatistics.objects.update(unknown="no clear answer", due_at=later)
    other = Run.objects.create(campaign=run.campaign, creator=run.creator)
    Pass.objects.create(**here | {"run": other}, kind=PassKind.FED)
    health(back_at=timezone.now())

    outages.look()

    assert due(Pass.objects.filter(run=run)) == 1
    assert due(Pass.objects.filter(run=other)) == 0
    assert due(Join.objects.all()) == due(FileStatistics.objects.all()) == 1


@pytest.mark.parametrize("whose", [{"experiment": "dune"}, {"kind": "data_dispatcher"}])
def test_another_service_being_back_concerns_nobody(waiting, health, whose):
    rows = waiting(2)
    health(**whose, back_at=timezone.now())
    health(**whose | {"kind": "FTS"}, open_until=timezone.now())

    outages.look()

    assert due(rows) == 0


def test_who_waits_for_something_else_waits_on(waiting, health):
    rows = waiting(2)
    rows.update(unknown_since=None)
    health(back_at=timezone.now())

    outages.look()

    assert due(rows) == 0


def test_waking_many_costs_the_same_queries_as_waking_one(waiting, health):
    def costs(count):
        Submission.objects.update(unknown_since=None)
        rows = waiting(count)
        ServiceHealth.objects.all().delete()
        health(failures=9, open_until=timezone.now())
        health(kind="FTS", back_at=timezone.now())
        ServiceHealth.objects.update(back_at=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            outages.look()
        assert due(rows) == count
        return len(queries)

    assert costs(1) == costs(20)


def test_where_all_is_well_it_costs_one_question(waiting, health, django_assert_num_queries):
    waiting(3)
    health(last_answer_at=timezone.now())

    with django_assert_num_queries(1):
        outages.look()
