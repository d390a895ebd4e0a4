import os
import time

import pytest

from poms_client.batch import files
from poms_client.batch.directory import Order
from poms_client.errors import Duplicate


@pytest.fixture
def order():
    return Order(("true",), 1, {}, submission=7, attempt=1)


@pytest.fixture
def finished(directory, order):
    cluster = directory.submit(order)
    files.write(cluster.path / "summary.json", {**cluster.summary(), "closed": 1000.0})
    return cluster


def test_what_was_finished_long_ago_is_tidied_away(directory, finished):
    assert directory.tidy(before=2000.0) == {"submission-7"}
    assert directory.clusters() == []
    assert not list(directory.root.glob(".draft-*"))


def test_what_was_finished_lately_or_is_not_finished_stays(directory, order, finished):
    directory.submit(Order(("true",), 1, {}, submission=8))

    assert directory.tidy(before=999.0) == set()
    assert [cluster.submission for cluster in directory.clusters()] == [7, 8]


def test_what_was_tidied_away_is_still_found_and_not_submitted_again(directory, order, finished):
    directory.tidy(before=2000.0)

    assert directory.find(7).jobsub_job_id == "1@local"
    with pytest.raises(Duplicate, match="1@local"):
        directory.submit(order)


def test_what_killed_submits_left_is_removed_after_a_day(directory):
    directory.create()
    new, old = directory.root / ".draft-new", directory.root / ".draft-old"
    new.mkdir()
    old.mkdir()
    os.utime(old, (0, time.time() - 2 * 86400))

    directory.tidy(before=0.0)

    assert new.exists()
    assert not old.exists()


def test_numbers_are_never_given_twice(directory, finished):
    directory.tidy(before=2000.0)

    assert directory.submit(Order(("true",), 1, {})).id == "2@local"
