"""Passes over the embedded catalogue: what the splits promise holds where the files really are."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.slicing import find_slice, peek_slice
from campaigns.splits import parse_split
from campaigns.tests.memory import walk
from datahandling.base import NoSuchName
from datahandling.handlers.catalogue import Catalogue
from datahandling.models import DatasetDefinition
from datahandling.query import Dataset
from datahandling.testing import declare_files

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def handler():
    return Catalogue("nova")


@pytest.fixture
def raw(handler):
    """Ten files: runs 1, 2 and 7, an hour apart, all long over."""
    names = []
    for number, run in enumerate([1, 1, 2, 2, 2, 2, 7, 7, 7, 1]):
        ended = (NOW - timedelta(hours=30 - number)).isoformat()
        names += declare_files("nova", "raw", 1, stem=f"f{number}", run_number=run, end_time=ended)
    return names


def files_of(handler, slices):
    return [handler.files(Dataset(piece.dataset)) for piece in slices]


START = int((NOW - timedelta(hours=31)).timestamp())


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("nfiles(4)", [4, 4, 2]),
        ("mod(4)", [3, 3, 2, 2]),
        ("byrun", [3, 4, 3]),
        ("byrun(low=2, high=7)", [4, 3]),
        ("drainingn(4)", [4, 4, 2]),
        ("byexistingruns", [3, 4, 3]),
        (f"new(window=5h, firsttime={START})", [5, 5]),
    ],
)
def test_every_file_is_handed_out_once_and_slices_stay_what_they_were(handler, raw, text, sizes):
    slices, position = walk(parse_split(text), handler, "raw", find_slice, NOW)
    before = files_of(handler, slices)
    again, _ = walk(parse_split(text), handler, "raw", find_slice, NOW, position=position)

    handed_out = [name for files in before for name in files]
    assert [len(files) for files in before] == sizes
    assert len(set(handed_out)) == len(handed_out) == sum(sizes)
    assert again == []


@pytest.mark.parametrize("text", ["drainingn(4)", "byexistingruns"])
def test_files_that_arrive_go_to_later_slices(handler, raw, text):
    slices, position = walk(parse_split(text), handler, "raw", find_slice, NOW)
    before = files_of(handler, slices)
    late = declare_files("nova", "raw", 2, stem="late", run_number=1)

    later, _ = walk(parse_split(text), handler, "raw", find_slice, NOW, position=position)

    assert files_of(handler, later) == [late]
    assert files_of(handler, slices) == before


def test_stagedfiles_follows_the_staging_project(handler, raw):
    handler.start_project("staging", Dataset("raw"))
    for _ in range(3):
        drawn = handler.next_file("staging", "w")
        handler.file_done("staging", drawn.name, "w")

    slices, _ = walk(parse_split("stagedfiles(2)"), handler, "staging", find_slice, NOW)

    assert files_of(handler, slices) == [raw[:2], raw[2:3]]


def test_the_names_are_those_that_people_know(handler, raw):
    for text, name in [
        ("nfiles(4)", "raw_slice0_files4"),
        ("mod(4)", "raw_slice0_of_4"),
        ("drainingn(4)", "raw_slice_0_stage_4"),
        ("byexistingruns", "raw_slice_0_run_1"),
    ]:
        assert find_slice(handler, parse_split(text), "raw", None, "1:1", NOW).slice.dataset == name
        assert handler.exists(name)


@pytest.mark.parametrize("text", ["nfiles(4)", "drainingn(4)"])
def test_a_name_that_is_taken_gets_a_suffix(handler, raw, text):
    taken = find_slice(handler, parse_split(text), "raw", None, "1:1", NOW).slice.dataset
    DatasetDefinition.objects.filter(name=taken).delete()
    handler.define(taken, Dataset("raw")[5:])

    piece = find_slice(handler, parse_split(text), "raw", None, "1:1", NOW).slice

    assert piece.dataset.startswith(f"{taken}_")
    assert files_of(handler, [piece]) == [raw[:4]]


def test_peeking_writes_nothing(handler, raw):
    before = DatasetDefinition.objects.count()

    for text in ("nfiles(4)", "drainingn(4)", "byexistingruns", "byrun", "limitn(2)"):
        assert peek_slice(handler, parse_split(text), "raw", None, "1:1", NOW).slice

    assert DatasetDefinition.objects.count() == before


def test_a_dataset_that_isnt_there_is_an_error_and_no_empty_slice(handler):
    with pytest.raises(NoSuchName):
        find_slice(handler, parse_split("nfiles(4)"), "nowhere", None, "1:1", NOW)
