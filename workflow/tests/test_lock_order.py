"""Whoever writes several rows locks them in the order of their keys: nobody waits in a circle."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from campaigns.models import Campaign, CampaignStage
from datahandling.models import ServiceHealth
from submissions.models import FileStatistics, Submission
from workflow import outages

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def lock(rows, key):
    rows.select_for_update(no_key=True).get(pk=key)


def until_somebody_waits():
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(WAITS)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    pytest.fail("nobody came to wait")


def while_others_go_in_order(rows, first, second, write):
    """Lock first and second, one after the other; have ``write`` begin in between."""

    def writing():
        try:
            write()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            lock(rows, first)
            writes = thread.submit(writing)
            until_somebody_waits()
            lock(rows, second)
        writes.result(20)


@pytest.fixture
def two(world):
    """Two submissions; what is written of the first lies behind the second in its table."""
    made = [world.launch(world.stage(name, stage_type="generator")) for name in ("gen", "sim")]
    return [each.pk for each in made]


def test_figures_are_marked_in_order(two):
    figures = FileStatistics.objects.all()
    figures.filter(pk=two[0]).update(looks=1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE submissions_filestatistics")  # few rows: it reads the table

    while_others_go_in_order(figures, *two, lambda: figures.moved(two))

    assert set(figures.values_list("looks", flat=True)) == {0}


def test_those_who_try_services_are_marked_in_order(world, two):
    """One waits for SAM, the other for Data Dispatcher."""
    other = Campaign.objects.create(
        experiment=world.experiment,
        name="other",
        creator=world.person,
        creator_role="production",
        data_handler="data_dispatcher",
    )
    Campaign.objects.filter(pk=world.campaign.pk).update(data_handler="sam")
    submissions = Submission.objects.all()
    CampaignStage.objects.filter(submissions=two[0]).update(campaign=other)
    now = timezone.now()
    later = now + timedelta(minutes=9)
    for pk in reversed(two):
        submissions.filter(pk=pk).update(unknown_since=now, due_at=later)
    for kind in ("sam", "data_dispatcher"):
        ServiceHealth.objects.create(
            kind=kind, experiment="demo", server="http://127.0.0.1", failures=9, open_until=now
        )

    while_others_go_in_order(submissions, *two, outages.look)

    assert submissions.filter(due_at__lt=later).count() == 2
