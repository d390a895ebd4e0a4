"""Passes over SAM: what the splits promise, in the dimensions that people know (DOMAIN 5.2)."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.slicing import find_slice, peek_slice
from campaigns.splits import parse_split
from campaigns.tests.memory import walk
from datahandling.handlers import handler_for
from datahandling.query import Dataset
from datahandling.services import Service
from datahandling.tests.services.sam import SamSide
from poms_client.testing.sam import SamServer, definitions, projects

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
START = int((NOW - timedelta(hours=31)).timestamp())

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    with SamServer() as server:
        yield server


@pytest.fixture
def handler(server):
    return handler_for("sam", "nova", Service("sam", "nova", server.api("nova")))


@pytest.fixture
def side(server):
    return SamSide(server.store("nova"))


@pytest.fixture
def raw(side):
    """Ten located files: runs 1, 2 and 7, an hour apart, all long over; and one that is nowhere."""
    names = []
    for number, run in enumerate([1, 1, 2, 2, 2, 2, 7, 7, 7, 1]):
        ended = (NOW - timedelta(hours=30 - number)).isoformat()
        names.append(f"f{number}")
        side.declare(names[-1], metadata={"run_number": run, "end_time": ended})
    side.declare("nowhere", metadata={"run_number": 1}, located=False)
    return names


def files_of(handler, slices):
    return [handler.files(Dataset(piece.dataset)) for piece in slices]


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
def test_every_file_that_is_somewhere_is_handed_out_once(handler, raw, text, sizes):
    slices, position = walk(parse_split(text), handler, "raw", find_slice, NOW)
    again, _ = walk(parse_split(text), handler, "raw", find_slice, NOW, position=position)

    handed_out = [name for files in files_of(handler, slices) for name in files]
    assert [len(files) for files in files_of(handler, slices)] == sizes
    assert len(set(handed_out)) == len(handed_out) == sum(sizes)
    assert again == []


@pytest.mark.parametrize("text", ["drainingn(4)", "byexistingruns"])
def test_files_that_arrive_go_to_later_slices(handler, side, raw, text):
    slices, position = walk(parse_split(text), handler, "raw", find_slice, NOW)
    before = files_of(handler, slices)
    side.declare("late_1", "late_2", metadata={"run_number": 1})

    later, _ = walk(parse_split(text), handler, "raw", find_slice, NOW, position=position)

    assert files_of(handler, later) == [["late_1", "late_2"]]
    assert files_of(handler, slices) == before


def test_stagedfiles_follows_the_staging_project(handler, side, raw):
    projects.start(side.store, "staging", defname="raw")
    projects.put_status(side.store, "staging", "consumed", *raw[:3])

    slices, _ = walk(parse_split("stagedfiles(2)"), handler, "staging", find_slice, NOW)

    assert files_of(handler, slices) == [raw[:2], raw[2:3]]


@pytest.mark.parametrize(
    ("text", "position", "dims"),
    [
        ("mod(4)", 1, "defname: raw with stride 4 offset 1"),
        ("nfiles(4)", 0, "defname: raw with limit 4"),
        ("nfiles(4)", 1, "defname: raw with limit 4 offset 4"),
        ("limitn(2)", None, "defname: raw with limit 2"),
        ("byrun", 2, "defname: raw and run_number 2"),
        ("drainingn(4)", None, "defname: raw with limit 4"),
        ("drainingn(4)", "taken", "defname: raw minus snapshot_id 1 with limit 4"),
        ("byexistingruns", "taken", "defname: raw and run_number 2 minus snapshot_id 1"),
        (
            f"new(window=5h, firsttime={START})",
            None,
            "defname: raw and end_time > '2026-03-13T05:00:00+0000'"  # noqa: ISC004
            " and end_time <= '2026-03-13T10:00:00+0000'",
        ),
    ],
)
def test_slices_are_asked_for_in_known_dimensions(handler, side, raw, text, position, dims):
    """As DOMAIN 5.2; there ``minus`` before ``and`` would take away the run's files only."""
    if position == "taken":
        side.define("taken", "defname: raw and run_number 1")
        position = definitions.take_snapshot(side.store, "taken")

    piece = peek_slice(handler, parse_split(text), "raw", position, "1:1", NOW).slice

    assert handler.text(piece.query) == dims


@pytest.mark.parametrize("text", ["nfiles(4)", "drainingn(4)"])
def test_a_definition_that_somebody_else_made_is_left_alone(handler, side, raw, text):
    taken = peek_slice(handler, parse_split(text), "raw", None, "1:1", NOW).slice.dataset
    side.define(taken, "my.own thing")

    piece = find_slice(handler, parse_split(text), "raw", None, "1:1", NOW).slice

    assert piece.dataset.startswith(f"{taken}_")
    assert files_of(handler, [piece]) == [raw[:4]]
    assert definitions.find(side.store, taken)["dims"] == "my.own thing"


def test_looking_writes_nothing(handler, side, raw):
    before = definitions.names(side.store)

    for text in ("nfiles(4)", "drainingn(4)", "byexistingruns", "byrun", "limitn(2)"):
        assert peek_slice(handler, parse_split(text), "raw", None, "1:1", NOW).slice

    assert definitions.names(side.store) == before
