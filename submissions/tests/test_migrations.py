"""What migrations do with rows that are there."""

from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from submissions.models import FileStatistics

pytestmark = pytest.mark.django_db


def test_submissions_from_before_there_were_figures_are_asked_about_at_once(site):
    submission = site.submission()
    FileStatistics.objects.all().delete()
    migration = import_module("submissions.migrations.0003_when_there_was_no_answer")

    migration.ask_about_those_that_are_there(apps, None)

    (row,) = FileStatistics.objects.all()
    assert row.submission == submission
    assert row.due_at <= timezone.now()


def test_those_that_have_figures_keep_them(site):
    site.submission()
    FileStatistics.objects.update(figures={"files": 3}, due_at=None)
    migration = import_module("submissions.migrations.0003_when_there_was_no_answer")

    migration.ask_about_those_that_are_there(apps, None)

    (row,) = FileStatistics.objects.all()
    assert (row.figures, row.due_at) == ({"files": 3}, None)


def test_the_figures_of_chains_are_asked_for(site):
    stage = site.stage()
    original = site.submission(stage)
    site.submission(stage)
    site.submission(stage, cause="recovery", original=original)
    FileStatistics.objects.update(due_at=None)
    migration = import_module("submissions.migrations.0004_figures_of_chains")

    migration.ask_about_chains(apps, None)

    due = FileStatistics.objects.exclude(due_at=None)
    assert [row.submission for row in due] == [original]
