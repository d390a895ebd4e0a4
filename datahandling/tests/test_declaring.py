from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datahandling.base import DatasetConflict, NoSuchName
from datahandling.handlers.catalogue import (
    BadDeclaration,
    Catalogue,
    Declaration,
    FileConflict,
    Maker,
)
from datahandling.models import File
from datahandling.query import Dataset, Everything, MadeBy, Named, Parents, Version
from datahandling.testing import declare_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue():
    return Catalogue("demo")


def test_files_are_declared_once(catalogue):
    said = Declaration("a", size=5, metadata={"k": [1, 2.5]}, checksum="sha256:0")

    assert catalogue.declare([said]) == [("a", "declared")]
    assert catalogue.declare([said]) == [("a", "unchanged")]
    assert catalogue.count(Everything()) == 1


def test_the_order_of_the_list_is_the_declared_order(catalogue):
    catalogue.declare([Declaration("z"), Declaration("a")])
    catalogue.declare([Declaration("m"), Declaration("a")])

    assert catalogue.files(Everything()) == ["z", "a", "m"]


@pytest.mark.parametrize(
    "other",
    [
        Declaration("a", size=6, metadata={"k": 1}, checksum="sha256:0"),
        Declaration("a", size=5, metadata={"k": 2}, checksum="sha256:0"),
        Declaration("a", size=5, metadata={"k": 1}, checksum="sha256:1"),
        Declaration("a", size=5, metadata={"k": 1}, checksum="sha256:0", parents=["p"]),
    ],
    ids=["size", "metadata", "checksum", "parents"],
)
def test_another_file_of_that_name_is_a_conflict(catalogue, other):
    said = Declaration("a", size=5, metadata={"k": 1}, checksum="sha256:0")
    catalogue.declare([Declaration("p"), said])

    with pytest.raises(FileConflict, match="a is declared already with"):
        catalogue.declare([Declaration("b"), other])
    assert catalogue.files(Named(("a", "b"))) == ["a"]


def test_parents_that_are_left_out_later_are_a_conflict(catalogue):
    catalogue.declare([Declaration("p"), Declaration("a", parents=["p"])])

    with pytest.raises(FileConflict, match="other parents"):
        catalogue.declare([Declaration("a")])


def test_locations_and_datasets_are_added_to_a_known_file(catalogue):
    catalogue.declare([Declaration("a", locations=["file:///1"], datasets=["d"])])
    catalogue.declare([Declaration("a", locations=["file:///1", "file:///2"], datasets=["e"])])

    assert catalogue.metadata("a")["locations"] == ["file:///1", "file:///2"]
    assert catalogue.files(Dataset("d")) == catalogue.files(Dataset("e")) == ["a"]


def test_parents_may_be_declared_along_with_their_children(catalogue):
    catalogue.declare([Declaration("child", parents=["parent"]), Declaration("parent")])

    assert catalogue.files(Parents(Named(("child",)))) == ["parent"]


def test_an_unknown_parent_is_refused_by_name_and_nothing_is_declared(catalogue):
    Catalogue("other").declare([Declaration("theirs")])

    with pytest.raises(NoSuchName, match=r"missing, theirs \(a parent\)"):
        catalogue.declare([Declaration("a"), Declaration("b", parents=["missing", "theirs"])])
    assert catalogue.count(Everything()) == 0


def test_a_file_is_not_its_own_parent(catalogue):
    with pytest.raises(BadDeclaration, match="own parent: a"):
        catalogue.declare([Declaration("a", parents=["a"])])


def test_a_job_says_who_made_the_file(catalogue):
    catalogue.declare([Declaration("a")], Maker(submission=17, stage=3, version="v2"))

    assert catalogue.files(MadeBy((17,)) & Version("v2")) == ["a"]
    assert File.objects.get(name="a").made_by_stage == 3


def test_the_version_that_the_metadata_say_goes_first(catalogue):
    said = Declaration("a", metadata={"version": "v3"})
    catalogue.declare([said], Maker(submission=17, stage=3, version="v2"))

    assert catalogue.count(Version("v3")) == 1


def test_a_file_keeps_its_maker(catalogue):
    catalogue.declare([Declaration("a")], Maker(submission=17, stage=3))
    catalogue.declare([Declaration("a")], Maker(submission=18, stage=3))

    assert catalogue.files(MadeBy((17,))) == ["a"]
    assert catalogue.files(MadeBy((18,))) == []


def test_files_cannot_be_put_into_a_dataset_that_is_a_query(catalogue):
    catalogue.define("d", Everything())

    with pytest.raises(DatasetConflict, match="d is defined by a query"):
        catalogue.declare([Declaration("a", datasets=["d"])])
    assert catalogue.count(Everything()) == 0


@pytest.mark.parametrize(
    ("said", "ended"),
    [
        ("2025-03-01T13:00:00+01:00", datetime(2025, 3, 1, 12, tzinfo=UTC)),
        ("2025-03-01T12:00:00", datetime(2025, 3, 1, 12, tzinfo=UTC)),
        (1740830400, datetime(2025, 3, 1, 12, tzinfo=UTC)),
    ],
)
def test_the_end_time_of_the_metadata(catalogue, said, ended):
    catalogue.declare([Declaration("a", metadata={"end_time": said})])

    assert File.objects.get(name="a").end_time == ended


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (Declaration(""), "file name"),
        (Declaration("x" * 501), "file name"),
        (Declaration("a\nb"), "file name"),
        (Declaration("a\0"), "file name"),
        (Declaration("a", size=-1), "a: a size is a number of bytes"),
        (Declaration("a", metadata={"run_number": "first"}), "a: a run is a number"),
        (Declaration("a", metadata={"end_time": "soon"}), "a: end_time is like"),
        (Declaration("a", metadata={"end_time": []}), "a: end_time is like"),
        (Declaration("a", metadata={"k": ["\0"]}), "a: the metadata are no JSON: .* NUL"),
        (Declaration("a", metadata={"k": float("nan")}), "a: the metadata are no JSON"),
        (Declaration("a", metadata={"k": object()}), "a: the metadata are no JSON"),
        (Declaration("a", metadata={"k": "\ud800"}), "a: the metadata are no JSON"),
        (Declaration("a", locations=[""]), "a: a location has 1 to"),
        (Declaration("a", datasets=["d" * 501]), "a: a dataset name has 1 to"),
        (Declaration("a", checksum="\0"), "a: a checksum has 1 to"),
    ],
)
def test_what_cannot_be_declared_is_refused_with_the_reason(catalogue, said, complaint):
    with pytest.raises(BadDeclaration, match=complaint):
        catalogue.declare([said])


def test_a_backslash_in_the_metadata_is_no_nul(catalogue):
    catalogue.declare([Declaration("a", metadata={"k": r"\u0000"})])

    assert catalogue.metadata("a")["metadata"] == {"k": r"\u0000"}


def test_one_name_twice_at_once_must_be_the_same_file(catalogue):
    assert catalogue.declare([Declaration("a"), Declaration("a")]) == [("a", "declared")]
    with pytest.raises(BadDeclaration, match="b is declared twice at once"):
        catalogue.declare([Declaration("b"), Declaration("b", size=1)])


def statements_for(catalogue, number, said):
    declarations = [
        Declaration(
            f"f{number}_{index}",
            parents=[f"f{number}_0"] if index else [],
            locations=[f"file:///{index}"],
            datasets=["d", "e"],
        )
        for index in range(said)
    ]
    with CaptureQueriesContext(connection) as statements:
        catalogue.declare(declarations)
    return len(statements)


def test_thousands_are_declared_in_as_many_statements_as_two(catalogue):
    assert statements_for(catalogue, 1, 10_000) == statements_for(catalogue, 2, 2)
    assert catalogue.count(Dataset("d")) == 10_002


def test_files_for_tests_in_one_line(catalogue):
    names = declare_files("demo", "raw", 3, data_tier="raw")

    assert names == ["raw_001.root", "raw_002.root", "raw_003.root"]
    assert catalogue.files(Dataset("raw")) == names
