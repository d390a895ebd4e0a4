from datetime import UTC, datetime

import pytest

from datahandling.query import (
    HANDLE_STATES,
    Children,
    Consumed,
    CreatedAfter,
    Dataset,
    Declared,
    Difference,
    EndedBetween,
    Everything,
    Fragment,
    Handles,
    Intersection,
    Located,
    MadeBy,
    Metadata,
    Named,
    NameLike,
    Nothing,
    Parents,
    ProjectFiles,
    QueryError,
    Run,
    RunsBetween,
    Snapshot,
    Span,
    Stride,
    Union,
    Unsigned,
    Version,
    intersection,
    union,
)
from datahandling.stored import KINDS, from_json, to_json

A, B, C = Dataset("a"), Dataset("b"), Dataset("c")
NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)

ONE_OF_EACH = [
    Nothing(),
    Everything(),
    Dataset("raw"),
    Snapshot(7),
    ProjectFiles("poms_1"),
    Handles("poms_1", ("failed", "reserved")),
    Consumed("poms_1"),
    Named(("a.root", "b.root")),
    MadeBy((1, 2)),
    Unsigned(),
    Children(A, 2),
    Parents(Located() & NameLike("%.root")),
    Run("4321.0007"),
    RunsBetween(1, 99),
    EndedBetween(NOON, NOON.replace(hour=13)),
    CreatedAfter(NOON),
    Version("v2"),
    NameLike("%.root"),
    Metadata("data_tier", "raw"),
    Metadata("good", True),
    Metadata("energy", 6.5),
    Located(),
    Declared(),
    Fragment("data_tier raw"),
    A | B,
    A & B,
    A - B,
    A[2:5],
    A[2:],
    A.stride(3, 1),
]


def test_operators_combine():
    assert Union((A, B)) == A | B
    assert Intersection((A, B)) == A & B
    assert Difference(A, B) == A - B


def test_unions_and_intersections_are_flat_however_they_were_put_together():
    assert (A | B) | C == A | (B | C) == Union((A, B, C))
    assert (A & B) & C == A & (B & C) == Intersection((A, B, C))


def test_a_long_chain_of_unions_does_not_nest():
    many = union(Snapshot(number) for number in range(5000))

    assert from_json(to_json(many)) == many


def test_what_changes_nothing_is_left_out():
    assert A | Nothing() == A
    assert Everything() & A == A


def test_no_query_at_all_is_nothing_united_and_everything_intersected():
    assert union([]) == Nothing()
    assert intersection([]) == Everything()


def test_true_and_one_are_told_apart_in_a_union():
    assert len((Metadata("k", True) | Metadata("k", 1)).parts) == 2


def test_slicing_takes_a_part():
    assert A[100:200] == Span(A, 100, 200)
    assert A[:10] == Span(A, 0, 10)
    assert A[10:] == Span(A, 10, None)


def test_stride_takes_every_nth():
    assert A.stride(5, 2) == Stride(A, 5, 2)


@pytest.mark.parametrize("part", [slice(-1, None), slice(0, -1), slice(0, 4, 2)])
def test_parts_that_make_no_sense_are_refused(part):
    with pytest.raises(QueryError):
        A[part]


@pytest.mark.parametrize(("n", "offset"), [(0, 0), (-1, 0), (3, 3), (3, -1)])
def test_strides_that_make_no_sense_are_refused(n, offset):
    with pytest.raises(QueryError):
        A.stride(n, offset)


@pytest.mark.parametrize("relation", [Children, Parents])
def test_lineage_is_followed_at_least_one_step(relation):
    with pytest.raises(QueryError, match="at least one step"):
        relation(A, 0)


@pytest.mark.parametrize("states", [(), ("lost",), ("done", "lost")])
def test_unknown_handle_states_are_refused(states):
    with pytest.raises(QueryError, match=", ".join(HANDLE_STATES)):
        Handles("poms_1", states)


@pytest.mark.parametrize(
    ("written", "number"),
    [("4321", "4321"), (4321, "4321"), ("4321.7", "4321.0007"), ("4321.0007", "4321.0007")],
)
def test_a_run_is_written_in_one_way(written, number):
    assert Run(written).number == number


@pytest.mark.parametrize("written", ["", "x", "-1", "4.", "1.2.3", None])
def test_what_is_no_run_is_refused(written):
    with pytest.raises(QueryError, match="run"):
        Run(written)


def test_times_need_their_zone():
    with pytest.raises(QueryError, match="time zone"):
        CreatedAfter(datetime(2025, 3, 1))
    with pytest.raises(QueryError, match="time zone"):
        EndedBetween(NOON, datetime(2025, 3, 1))


def test_walk_meets_every_part():
    query = Parents(A & B, 2) - C[1:2]

    assert {part.name for part in query.walk() if isinstance(part, Dataset)} == {"a", "b", "c"}


def test_every_kind_is_tried_here():
    assert {type(query) for query in ONE_OF_EACH} == set(KINDS.values())


@pytest.mark.parametrize("query", ONE_OF_EACH, ids=str)
def test_json_round_trip(query):
    assert from_json(to_json(query)) == query


def test_json_is_plain_to_read():
    assert to_json(Dataset("raw")[:4]) == {
        "kind": "span",
        "of": {"kind": "dataset", "name": "raw"},
        "start": 0,
        "stop": 4,
    }


@pytest.mark.parametrize(
    "said",
    [
        None,
        "raw",
        [],
        {},
        {"kind": "datasets", "name": "raw"},
        {"kind": "dataset"},
        {"kind": "dataset", "name": "raw", "size": 1},
        {"kind": "created_after", "time": {"time": "yesterday"}},
        {"kind": "union", "parts": [{"kind": "?"}]},
    ],
)
def test_json_that_is_no_query_is_refused(said):
    with pytest.raises(QueryError, match="no query"):
        from_json(said)
