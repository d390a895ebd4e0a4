"""Pages of long lists, by key."""

import pytest

from campaigns.models import Experiment
from campaigns.paging import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def seven():
    return [Experiment.objects.create(name=f"e{number}").pk for number in range(7)]


def test_following_older_shows_each_row_once_newest_first(seven):
    seen, before = [], ""
    while before is not None:
        found = page(Experiment.objects.all(), str(before), size=3)
        seen += [row.pk for row in found.rows]
        before = found.older

    assert seen == seven[::-1]


def test_rows_that_come_meanwhile_shift_nothing(seven):
    first = page(Experiment.objects.all(), size=3)
    Experiment.objects.create(name="new")

    second = page(Experiment.objects.all(), str(first.older), size=3)

    assert [row.pk for row in second.rows] == seven[3:0:-1]


@pytest.mark.parametrize("nonsense", ["", "x", "-1", "9" * 30, "١"])
def test_nonsense_shows_the_first_page_or_none(seven, nonsense):
    assert page(Experiment.objects.all(), nonsense, size=3).rows[:1] in (
        [],
        [Experiment.objects.get(pk=seven[-1])],
    )


def test_a_full_last_page_has_nothing_older(seven):
    assert page(Experiment.objects.all(), size=7).older is None
