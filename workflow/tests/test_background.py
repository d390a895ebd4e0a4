"""Figures are refreshed at the end of a pass, for a bounded time, and delay no decision."""

import math
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from datahandling.patience import at_the_latest
from submissions.models import FileStatistics
from workflow import background
from workflow.tasks import run_pass


@pytest.fixture
def launched(world, clock):
    """A submission over three files whose jobs are running."""
    world.dataset("raw", 3)
    submission = world.launch(world.stage("reco", dataset="raw"))
    run_pass()
    clock.shift(timedelta(seconds=5))
    return submission


def figures(submission):
    return FileStatistics.objects.get(pk=submission.pk).figures


def instead_of_figures(do, monkeypatch):
    """Have something else done with each submission whose figures are due."""
    monkeypatch.setattr(background, "FIGURES", replace(background.FIGURES, do=do))


def test_a_pass_refreshes_the_figures(launched, world, clock):
    world.process(launched)

    run_pass()

    assert figures(launched)["done"] == 3
    assert figures(launched)["pending"] == 0


def test_decisions_are_made_before_figures_are_asked_for(launched, world, clock, monkeypatch):
    other = world.launch(launched.stage)
    run_pass()
    clock.shift(timedelta(seconds=20))
    world.finish(other)
    seen = []

    def look(row):
        seen.append((row.pk, world.status(other)))

    instead_of_figures(look, monkeypatch)
    run_pass()

    assert seen == [(launched.pk, "Located")]


def test_what_is_too_much_for_a_pass_waits_for_the_next(launched, monkeypatch):
    monkeypatch.setattr(background, "AT_MOST", 0.0)
    run_pass()

    assert FileStatistics.objects.get(pk=launched.pk).asked_at is None
    monkeypatch.setattr(background, "AT_MOST", 3.0)
    run_pass()

    assert FileStatistics.objects.get(pk=launched.pk).asked_at == timezone.now()


def test_what_was_begun_may_not_ask_for_long(launched, monkeypatch):
    longest = background.LONGEST.total_seconds()
    seen = []

    def look(row):
        seen.append(at_the_latest(math.inf) - time.monotonic())

    instead_of_figures(look, monkeypatch)
    run_pass()

    assert seen == [pytest.approx(longest, abs=1)]
    assert at_the_latest(math.inf) == math.inf


def test_a_pass_that_may_do_no_more_asks_for_no_figures(launched, world):
    world.launch(launched.stage)

    run_pass(limit=1)

    assert FileStatistics.objects.get(pk=launched.pk).asked_at is None


def test_figures_that_fail_as_nobody_foresaw_spoil_nothing(launched, monkeypatch, caplog):
    def breaks(row):
        raise ZeroDivisionError("odd")

    instead_of_figures(breaks, monkeypatch)

    run_pass(survive=True)

    assert "a unit of the task figures failed" in caplog.text
