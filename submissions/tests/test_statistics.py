"""Figures are asked for in the background: often while something moves, never again in the end."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datahandling.base import Unknown
from datahandling.handlers.catalogue import Catalogue
from submissions.figures import statistics
from submissions.models import FileStatistics, Submission
from submissions.statuses import Actor, Status


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2025, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def running(site, clock):
    """A running submission over four files of the embedded catalogue."""
    submission = site.over_files(4)
    clock.shift(timedelta(seconds=2))  # outputs are younger than the launch
    return submission


def look(clock=None, after=timedelta(0)):
    """Let time pass, and all that is due then be asked for; return how many were."""
    if clock is not None:
        clock.shift(after)
    looks = 0
    while (claimed := statistics.waiting().claim(timedelta(minutes=2))) is not None:
        statistics.refresh(claimed)
        looks += 1
    return looks


def of(submission):
    return FileStatistics.objects.get(pk=submission.pk)


def end(submission, status="Located"):
    Submission.objects.filter(pk=submission.pk).update(
        status=status, finished_at=timezone.now(), due_at=None
    )


def test_the_figures_of_a_submission_and_their_age_are_kept(running, site):
    site.process(running)
    site.process(running, fail=True)

    look()

    found = of(running)
    assert found.asked_at == timezone.now()
    assert found.states == {"initial": 2, "reserved": 0, "done": 1, "failed": 1}
    assert found.figures == {
        "files": 4,
        "not_submitted": 2,
        "reserved": 0,
        "done": 1,
        "failed": 1,
        "percent_completed": 50.0,
        "available_output": 1,
        "some_declared": 1,
        "all_declared": 1,
        "located": 1,
        "pending": 3,
    }


def test_what_moves_is_asked_for_soon_again_and_what_stands_still_ever_more_rarely(
    running, clock, site
):
    waits = []
    look()
    for _ in range(9):
        waits.append(of(running).due_at - timezone.now())
        look(clock, waits[-1])

    assert waits[:3] == [timedelta(seconds=15), timedelta(seconds=30), timedelta(minutes=1)]
    assert waits[-1] == timedelta(minutes=15)
    site.process(running)
    look(clock, timedelta(minutes=15))
    assert of(running).due_at - timezone.now() == timedelta(seconds=15)


def test_what_is_over_is_asked_for_until_it_stands_still_and_then_never_again(running, clock):
    end(running)

    looks = 0
    while of(running).due_at is not None:
        looks += look(clock, of(running).due_at - timezone.now())

    assert looks == 12  # over eight and a half hours
    assert look(clock, timedelta(days=365)) == 0


def test_a_late_output_of_what_is_over_is_seen(running, clock, site):
    end(running)
    look()
    site.process(running)

    look(clock, timedelta(hours=1))

    assert of(running).figures["available_output"] == 1


def test_whatever_moves_a_submission_has_its_figures_asked_for_soon(running, clock):
    end(running, "Failed")
    while of(running).due_at is not None:
        look(clock, of(running).due_at - timezone.now())

    running.refresh_from_db()
    running.move_to(Status.COMPLETED, actor=Actor.PERSON)

    assert look(clock, timedelta(seconds=1)) == 0
    assert look(clock, timedelta(seconds=1)) == 1


def test_whatever_moves_a_recovery_has_the_figures_of_its_chain_asked_for_soon(
    running, site, clock
):
    recovery = site.recovery(running, "Running")
    FileStatistics.objects.update(due_at=None)

    recovery.move_to(Status.COMPLETED, actor=Actor.AGENT)

    assert of(running).due_at == of(recovery).due_at == timezone.now() + timedelta(seconds=2)


def test_a_move_while_the_figures_are_asked_for_has_them_asked_for_again(
    running, clock, monkeypatch
):
    def moves_meanwhile(handler, name):
        running.move_to(Status.COMPLETED, actor=Actor.AGENT)
        return project(handler, name)

    project = Catalogue.project
    monkeypatch.setattr(Catalogue, "project", moves_meanwhile)
    look()

    assert of(running).due_at == timezone.now() + timedelta(seconds=2)


def test_without_an_answer_the_figures_stay_with_their_age_and_say_why(
    running, clock, monkeypatch, site
):
    look()
    then = timezone.now()
    site.process(running)

    def unknown(handler, name):
        raise Unknown("the catalogue timed out")

    with monkeypatch.context() as broken:
        broken.setattr(Catalogue, "project", unknown)
        look(clock, timedelta(minutes=1))
    kept = of(running)

    assert (kept.asked_at, kept.figures["done"]) == (then, 0)
    assert kept.unknown == "the catalogue timed out"
    assert kept.due_at > timezone.now()
    look(clock, timedelta(minutes=15))
    assert of(running).unknown == ""
    assert of(running).figures["done"] == 1


def test_what_is_over_is_asked_for_until_there_is_an_answer(running, clock, monkeypatch):
    end(running)

    def unknown(handler, name):
        raise Unknown("gone")

    monkeypatch.setattr(Catalogue, "project", unknown)
    for _ in range(20):
        look(clock, timedelta(hours=6))

    assert of(running).due_at == timezone.now() + timedelta(hours=6)


@pytest.mark.parametrize("status", ["New", "Awaiting Approval", "Skipped"])
def test_nobody_is_asked_about_what_has_no_files_yet(site, clock, status):
    submission = site.submission(status=status)
    clock.shift(timedelta(seconds=2))

    with CaptureQueriesContext(connection) as queries:
        look()

    assert of(submission).figures == {}
    assert not any("datahandling" in query["sql"] for query in queries)


def test_a_project_that_is_not_there_is_said_to_be_missing(site, clock):
    submission = site.submission(status="Running")
    Submission.objects.filter(pk=submission.pk).update(project="nowhere")

    look(clock, timedelta(seconds=2))

    assert "no project nowhere" in of(submission).unknown


def test_a_look_costs_the_same_queries_however_much_stands_still(running, clock, site):
    def cost():
        FileStatistics.objects.filter(pk=running.pk).update(due_at=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            assert look() == 1
        return len(queries)

    first = cost()
    for _ in range(10):
        end(site.submission(running.stage))
    FileStatistics.objects.exclude(pk=running.pk).update(due_at=None)

    assert cost() == first
