"""Queries as SAM is asked them: the dimensions that its users know, and none that they don't."""

import string
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahandling import query as q
from datahandling.handlers.sam.fragments import form_of
from datahandling.handlers.sam.rendering import dimensions
from datahandling.patterns import matching
from datahandling.query import (
    Children,
    Consumed,
    CreatedAfter,
    Dataset,
    Declared,
    EndedBetween,
    Everything,
    Fragment,
    Handles,
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
    Unsigned,
    Version,
)

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
D, P = Dataset("D"), ProjectFiles("P")
SINCE = Version("v2") & CreatedAfter(NOON)
SAID_SINCE = "version v2 and create_date > '2025-03-01T12:00:00+0000'"
A, B, C = NameLike("a%"), NameLike("b%"), NameLike("c%")
a, b, c = "file_name like a%", "file_name like b%", "file_name like c%"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        # splits
        (D[:5], "defname: D with limit 5"),
        (D[10:15], "defname: D with limit 5 offset 10"),
        (D[10:], "defname: D with offset 10"),
        (D.stride(4, 2), "defname: D with stride 4 offset 2"),
        (D & Run("7"), "defname: D and run_number 7"),
        (D & RunsBetween(4, 9), "defname: D and run_number 4-9"),
        ((D - Snapshot(3))[:5], "defname: D minus snapshot_id 3 with limit 5"),
        (
            (D - Snapshot(3)) & Run("7.2"),
            "defname: D and run_number 7.0002 minus snapshot_id 3",
        ),
        (Snapshot(3) | Snapshot(4), "snapshot_id 3 or snapshot_id 4"),
        (
            (Consumed("P") - Snapshot(3))[:5],
            "project_name P and consumed_status co% minus snapshot_id 3 with limit 5",
        ),
        (
            D & EndedBetween(NOON, NOON + timedelta(hours=1)),
            (
                "defname: D and end_time > '2025-03-01T12:00:00+0000'"
                " and end_time <= '2025-03-01T13:00:00+0000'"
            ),
        ),
        # lists
        (Named(("a", "b")), "file_name a,b"),
        (Named(("a-1", "b")), "file_name 'a-1',b"),
        (Dataset("A") | Dataset("B"), "defname: A or defname: B"),
        # projects
        (
            P - Consumed("P"),
            "snapshot_for_project_name P minus ( project_name P and consumed_status co% )",
        ),
        (D - P, "defname: D minus snapshot_for_project_name P"),
        (
            Handles("P", ("reserved", "failed")),
            (
                "project_name P and consumed_status"
                " skipped,unknown,delivered,transferred,cancelled,failed"
            ),
        ),
        (Handles("P", ("done",)), "project_name P and consumed_status co%"),
        (
            Handles("P", ("failed", "done")),
            "project_name P and consumed_status skipped,cancelled,failed,consumed,completed",
        ),
        (
            Handles("P", ("initial", "reserved")),
            (
                "snapshot_for_project_name P minus ( project_name P"
                " and consumed_status skipped,cancelled,failed,consumed,completed )"
            ),
        ),
        (Handles("P", q.HANDLE_STATES), "snapshot_for_project_name P"),
        # lineage
        (
            P & Parents(NameLike("%reco.root") & SINCE & Located()),
            (
                "snapshot_for_project_name P and isparentof:( file_name like %reco.root and "
                f"{SAID_SINCE} with availability physical )"
            ),
        ),
        (
            P & Parents(SINCE & Located(), 2),
            (
                "snapshot_for_project_name P and isparentof:( isparentof:( "
                f"{SAID_SINCE} with availability physical ) )"
            ),
        ),
        (
            P & Parents(Version("v2") & Declared()),
            (
                "snapshot_for_project_name P and isparentof:( version v2"
                " with availability anylocation )"
            ),
        ),
        (
            Children(P) & SINCE & NameLike("%.root"),
            f"ischildof:( snapshot_for_project_name P ) and {SAID_SINCE} and file_name like %.root",
        ),
        # what people write
        (P & matching("data_tier reco"), "snapshot_for_project_name P and data_tier reco"),
        (
            P & matching("data_tier reco or data_tier raw"),
            "snapshot_for_project_name P and ( data_tier reco or data_tier raw )",
        ),
        (
            P & matching("defname: x with limit 2"),
            "snapshot_for_project_name P intersect ( defname: x with limit 2 )",
        ),
        (P & matching("%"), "snapshot_for_project_name P"),
        # other
        (Everything(), "file_name like %"),
        (Nothing(), "file_id 0"),
        (D[3:3], "file_id 0"),
        (Metadata("NOvA.Special", "x y"), "NOvA.Special 'x y'"),
        (Metadata("event_count", 2), "event_count 2"),
        (Metadata("NOvA.Charge", -1.5), "NOvA.Charge '-1.5'"),
    ],
)
def test_a_query_as_sams_users_would_write_it(query, text):
    assert dimensions(query) == text


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (A & (B | C), f"{a} and ( {b} or {c} )"),
        ((A & B) | C, f"( {a} and {b} ) or {c}"),
        (A - (B | C), f"{a} minus ( {b} or {c} )"),
        ((A | B) - C, f"( {a} or {b} ) minus {c}"),
        (A - B - C, f"{a} minus {b} minus {c}"),
        (A - (B - C), f"{a} minus ( {b} minus {c} )"),
        ((A - B) | C, f"( {a} minus {b} ) union {c}"),
        ((A - B) & C, f"{a} and {c} minus {b}"),
        (((A | B) - C) & D, f"( {a} or {b} ) and defname: D minus {c}"),
        ((A - B) & (B - C), f"{a} and {b} minus {b} minus {c}"),
        (A[:5] & B, f"( {a} with limit 5 ) intersect {b}"),
        (A[:5][1:2], f"( {a} with limit 5 ) with limit 1 offset 1"),
        ((A | B)[:5], f"{a} or {b} with limit 5"),
        (A - B[:5], f"{a} minus ( {b} with limit 5 )"),
        (A[:5] | B, f"( {a} with limit 5 ) union {b}"),
        (Consumed("P") & Consumed("R"), ("( project_name P and consumed_status co% )"
            " intersect ( project_name R and consumed_status co% )")),
        (Children(A | B), f"ischildof:( {a} or {b} )"),
    ],
)  # fmt: skip
def test_a_combination_keeps_its_meaning(query, text):
    assert dimensions(query) == text


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (A & Located(), f"{a} with availability physical"),
        (A & Declared(), f"{a} with availability anylocation"),
        (A & Declared() & Located(), f"{a} with availability physical"),
        ((A & Declared()) - B, f"( {a} with availability anylocation ) minus {b}"),
        ((A - B) & Declared(), f"{a} minus {b} with availability anylocation"),
        (Parents(A & Declared()) & Declared(), (f"isparentof:( {a} with availability anylocation )"
            " with availability anylocation")),
        (Parents(A) & Declared(), f"isparentof:( {a} ) with availability anylocation"),
        (A[:2] & Declared(), (f"( {a} with availability anylocation limit 2 )"
            " with availability anylocation")),
        # The first files of a list are files of that list, or its pages would lack some.
        (
            (A & Declared())[:2],
            f"( {a} with availability anylocation ) with availability anylocation limit 2",
        ),
        (
            (A & Declared())[:4].stride(2),
            (f"( ( {a} with availability anylocation ) with availability anylocation limit 4 )"
            " with availability anylocation stride 2 offset 0"),
        ),
        (Located(), "file_name like % with availability physical"),
        (Declared(), "file_name like % with availability anylocation"),
    ],
)  # fmt: skip
def test_each_level_says_which_files_it_shows(query, text):
    assert dimensions(query) == text


@pytest.mark.parametrize("query", [MadeBy((1,)), MadeBy(()), Unsigned(), A - Unsigned()])
def test_sam_cannot_be_asked_who_made_a_file(query):
    with pytest.raises(QueryError, match="aren't signed"):
        dimensions(query)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (Dataset("a b"), "defname: 'a b'"),
        (Dataset("x') or file_name like ('%a"), None),
        (Dataset("it's"), 'defname: "it\'s"'),
        (Dataset("and"), "defname: 'and'"),
        (ProjectFiles("x minus y"), "snapshot_for_project_name 'x minus y'"),
        (NameLike("a b%"), "file_name like 'a b%'"),
        (NameLike("1-9"), "file_name like '1-9'"),
        (Version(""), "version ''"),
        (Version("v%"), None),
        (Named(("a%",)), None),
        (Named(("a\nb",)), None),
        (Version("vé"), None),
        (Metadata("a b", 1), None),
        (Metadata("and", 1), None),
        (Metadata("x", True), None),
        (Metadata("x", float("nan")), None),
        (Dataset("'\""), None),
    ],
)
def test_a_value_stays_a_value(query, text):
    if text is None:
        with pytest.raises(QueryError, match="SAM"):
            dimensions(query)
    else:
        assert dimensions(query) == text


def test_times_are_told_in_utc():
    there = datetime(2025, 3, 1, 13, tzinfo=timezone(timedelta(hours=1)))

    assert dimensions(CreatedAfter(there)) == "create_date > '2025-03-01T12:00:00+0000'"


@pytest.mark.parametrize(
    "text",
    [
        "data_tier raw",
        "data_tier raw and not ( run_number 4-7, 9 )",
        "data_tier in raw, reco or file_name not like 'x y%'",
        "run_number >= 4 AND Run_Type != 'x'",
        "defname: x minus snapshot_id 4",
        "isparentof:( isparentof: (version v1 with availability anylocation))",
        "create_date '2025-01-01'-'2025-02-01'",
        "(a.b 1 with limit 3) with offset 2",
        "availability: physical and a.b (1, 2)",
    ],
)
def test_what_a_person_writes_is_handed_on_as_it_is(text):
    assert dimensions(Fragment(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "data_tier",
        "data_tier raw raw",
        "data_tier raw )",
        "( data_tier raw",
        "data_tier raw ) or ( data_tier reco",
        "data_tier 'raw",
        "data_tier raw and",
        "data_tier raw with",
        "data_tier raw with limit",
        "data_tier raw with limit -1",
        "data_tier raw with limit 5 and x y",
        "and",
        "not",
        "data_tier not raw",
        "data_tier > 1, 2",
        "wrong: x",
        "isparentof: data_tier raw",
        "data_tier räw",
        "data_tier raw; data_tier reco",
        "data_tier raw\\",
        "(" * 60 + "data_tier raw" + ")" * 60,
    ],
)
def test_what_does_not_stand_on_its_own_is_refused(text):
    with pytest.raises(QueryError, match="dimensions"):
        dimensions(Fragment(text))


@given(st.text(st.sampled_from(string.printable + "é"), max_size=12))
def test_no_name_says_more_than_a_name(name):
    try:
        text = dimensions(Dataset(name) & Version("v"))
    except QueryError:
        return
    assert text.endswith(" and version v")
    (word,) = read_words(text.removeprefix("defname: ").removesuffix(" and version v"))
    assert word == name


def read_words(text):
    """Read values as SAM does: bare ones, and ones in quotes, which have no escapes."""
    words = []
    while text:
        if text[0] in "'\"":
            word, _, text = text[1:].partition(text[0])
        else:
            word, _, text = text.partition(" ")
        words.append(word)
    return words


PIECES = [
    "(",
    ")",
    "and",
    "or",
    "not",
    "minus",
    "with",
    "limit 2",
    "file_name",
    "x",
    "'",
    "a b",
    ":",
]


@given(st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join))
def test_a_fragment_that_is_taken_is_closed_in_itself(text):
    try:
        form_of(text)
    except QueryError:
        return
    depth = 0
    for sign in text:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    assert text.count("'") % 2 == 0
