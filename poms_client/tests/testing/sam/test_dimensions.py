"""What each dimension means, and which files a query shows."""

from datetime import datetime, timezone

import pytest
import time_machine

from poms_client.testing.sam import definitions, files, projects
from poms_client.testing.sam.errors import DimensionError

FILE = {
    "file_name": "raw_1.root",
    "file_size": 2048,
    "file_type": "data",
    "file_format": "root",
    "data_tier": "raw",
    "data_stream": "all",
    "content_status": "good",
    "checksum": ["adler32:1a2b"],
    "user": "ada",
    "event_count": 50,
    "first_event": 1,
    "last_event": 50,
    "start_time": "2025-03-01T10:00:00+0000",
    "end_time": "2025-03-01T11:00:00+00:00",
    "runs": [[4321, 7, "physics"], [4322, 1, "cosmics"]],
    "application": {"family": "art", "name": "reco", "version": "v1"},
    "Detector.name": "far side",
    "Detector.planes": 896,
    "Detector.gain": [1.5, 2],
    "Detector.on": True,
}


@pytest.fixture
def raw(store):
    with time_machine.travel(datetime(2025, 3, 2, 12, tzinfo=timezone.utc), tick=False):
        files.declare(store, {**FILE, "locations": ["enstore:/pnfs/raw"]})
    return store


@pytest.mark.parametrize(
    "dims",
    [
        "file_name raw_1.root",
        "FILE_NAME = 'raw_1.root'",
        "file_name raw%",
        "file_name %1.root",
        "file_name in (x, raw%)",
        "file_name like 'raw__.root'",
        "file_name >= raw",
        "file_name 'r'-'s'",
        "file_id 1",
        "file_size 2048",
        "file_size 2000-3000",
        "file_size > 2e3",
        "file_type data and file_format root and data_tier raw and data_stream all",
        "content_status good and checksum 'adler32:1a2b'",
        "user ada and create_user ada and update_user ada",
        "event_count 50 and first_event 1 and last_event < 51",
        "create_date 2025-03-02",
        "create_date '2025-03-02T12:00:00Z'",
        "create_date '2025-03-02T13:00:00+0100'",
        "create_date 02-Mar-2025",
        "create_date 2025-02-28-2025-03-02",
        "update_date > 2025-03-02",
        "start_time '2025-03-01T10:00:00' and end_time <= '2025-03-01T11:00:00'",
        "run_number 4321",
        "run_number 4321.0007",
        "run_number 4321.7",
        "run_number 1-4321",
        "run_number 9, 4322",
        "run_number >= 4322",
        "run_type cosmics",
        "version v1 and family art and application reco",
        "full_path enstore%",
        "Detector.name 'far side'",
        "detector.NAME far%",
        "Detector.planes 896",
        "Detector.planes 896.0",
        "Detector.planes 800-900",
        "Detector.planes > 95",
        "Detector.gain 2",
        "Detector.gain 1.5, 7",
        "Detector.on true",
        "not version v2",
        "version != v2",
        "version not like v2%",
        "version not in (v2, v3)",
        "tape_label != x",
        "file_name like RAW% or file_name like raw%",
    ],
)
def test_a_file_has_what_its_metadata_say(raw, dims):
    assert raw.names(dims) == ["raw_1.root"]


@pytest.mark.parametrize(
    "dims",
    [
        "file_name RAW_1.ROOT",
        "file_name raw_",
        "file_name like 'raw_1*'",
        "file_name like '[r]aw%'",
        "file_size 1-2047",
        "create_date 2025-03-01",
        "create_date < 2025-03-02",
        "create_date '2025-03-02T12:00:00+0100'",
        "end_time > '2025-03-01T11:00:00+0000'",
        "run_number 4321.0001",
        "run_number 4320",
        "run_type phys",
        "tape_label x",
        "Detector.nosuch 1",
        "Detector.planes > 896",
        "Detector.name < far",
        "not run_number 4321",
        "run_number != 4322",
    ],
)
def test_a_file_has_nothing_that_they_dont_say(raw, dims):
    assert raw.count(dims) == 0


@pytest.mark.parametrize(
    ("dims", "why"),
    [
        ("nosuch 1", "Unknown dimension 'nosuch'"),
        ("defname raw", "Unknown dimension 'defname'"),
        ("file_size big", "'big': a number is needed"),
        ("file_size 20%", "'20%': a number is needed"),
        ("file_size like 20", "like compares text only"),
        ("create_date yesterday", "'yesterday': write a time as"),
        ("create_date 2025-02-31", "'2025-02-31': write a time as"),
        ("run_number one", "'one': write a run as"),
        ("run_number > 4321.0007", "ranges are of whole runs"),
        ("defname: nosuch", "Dataset definition 'nosuch' not found"),
        ("dataset_def_name a, b", "dataset_def_name takes one value"),
        ("snapshot_id 99", "snapshot_id 99 not found"),
        ("snapshot_for_project_name nosuch", "snapshot_for_project_name nosuch not found"),
        ("file_id 1 with availability virtual", "availability virtual isn't known"),
        ("not availability: physical", "belongs among the terms of an and"),
        ("file_id 1 or availability: physical", "belongs among the terms of an and"),
        ("file_id 1 with stride 0", "stride starts at 1"),
        (
            "isancestorof:( file_id 1 ) and isancestorof:( file_id 2 )",
            "Query forbidden",
        ),
        ("isdescendantof:( isparentof:( file_id 1 ) )", "Query forbidden"),
    ],
)
def test_what_cant_be_asked_is_refused(raw, dims, why):
    with pytest.raises(DimensionError, match=why.replace("(", r"\(")):
        raw.count(dims)


def test_a_query_forbidden_can_hide_behind_a_definition(raw):
    definitions.create(raw, "kids", "ischildof:( file_id 1 )")

    with pytest.raises(DimensionError, match="Query forbidden"):
        raw.count("isancestorof:( defname:kids )")


def test_a_query_that_is_too_long_meets_the_query_limit(raw):
    raw.query_limit = 3
    definitions.create(raw, "two", "file_id 1 or file_id 2")

    assert raw.count("defname:two or file_id 3") == 1
    with pytest.raises(DimensionError, match="query limit"):
        raw.count("defname:two or defname:two")


def test_a_query_that_is_too_deep_for_the_database_meets_it_too(raw):
    raw.query_limit = 10**6

    with pytest.raises(DimensionError, match="query limit"):
        raw.count(" union ".join(["file_id 1"] * 3_000))


# Which files a query shows


@pytest.fixture
def halves(declare, store):
    """here is somewhere, gone is nowhere; each has a child that is, and one that isn't."""
    declare("here")
    declare("gone", located=False)
    for parent in ("here", "gone"):
        declare(f"{parent}_child", parents=[parent])
        declare(f"{parent}_lost", parents=[parent], located=False)
    return store


@pytest.mark.parametrize(
    ("dims", "names"),
    [
        ("file_name %", ["here", "here_child", "gone_child"]),
        ("file_name here, gone", ["here"]),
        ("file_name here, gone with availability physical", ["here"]),
        ("file_name here, gone with availability anylocation", ["here", "gone"]),
        ("file_name here, gone with availability physical, anylocation", ["here", "gone"]),
        ("file_name here, gone and availability: anylocation", ["here", "gone"]),
        ("availability: physical", ["here", "here_child", "gone_child"]),
        ("not file_name %child", ["here"]),
        ("isparentof:( file_name %lost )", []),
        ("isparentof:( file_name %lost with availability anylocation )", ["here"]),
        ("isparentof:( file_name %child ) with availability anylocation", ["here", "gone"]),
        ("isparentof:( file_name %lost ) with availability anylocation", []),
        ("ischildof:( file_name gone )", []),
        ("ischildof:( file_name gone with availability anylocation )", ["gone_child"]),
        (
            "ischildof:(file_name gone and availability:anylocation) and availability:anylocation",
            ["gone_child", "gone_lost"],
        ),
        ("(file_name gone, here with limit 1) with availability anylocation", ["here"]),
        ("(file_name gone, gone_lost with limit 1) union file_name here", ["here"]),
        (
            "(file_name gone with availability anylocation) union file_name here",
            ["here"],
        ),
        ("file_name % minus (file_name gone with availability anylocation)", "file_name %"),
    ],
)
def test_only_files_with_a_location_are_shown_unless_the_query_says_otherwise(halves, dims, names):
    assert halves.names(dims) == (halves.names(names) if isinstance(names, str) else names)


def test_a_definition_shows_what_the_query_around_it_shows(halves):
    definitions.create(halves, "both", "file_name here, gone")
    definitions.create(halves, "all", "file_name here, gone with availability anylocation")
    definitions.create(halves, "some", "file_name here, gone with availability physical")

    assert halves.names("defname:both") == ["here"]
    assert halves.names("defname:both with availability anylocation") == ["here", "gone"]
    assert halves.names("defname:all") == ["here"]
    assert halves.names("defname:all with availability anylocation") == ["here", "gone"]
    assert halves.names("defname:some with availability anylocation") == ["here"]


def test_parts_are_counted_among_the_files_that_are_shown(declare, store):
    for name in "abcdefgh":
        declare(name, located=name not in "bc")

    assert store.names("file_name % with limit 2") == ["a", "d"]
    assert store.names("file_name % with limit 2 offset 1") == ["d", "e"]
    assert store.names("file_name % with offset 4") == ["g", "h"]
    assert store.names("file_name % with stride 3 offset 1") == ["d", "g"]
    assert store.names("file_name % with stride 2 limit 2") == ["a", "e"]
    assert store.names("file_name % with availability anylocation limit 2") == ["a", "b"]
    assert store.names("file_name % with limit 0") == []
    assert store.names("(file_name % with limit 3) with offset 2") == ["e"]


def test_set_operators_go_from_left_to_right(declare, store):
    declare("a", "b", "c")

    assert store.names("file_name a,b minus file_name b union file_name b,c") == ["a", "b", "c"]
    assert store.names("file_name a,b minus (file_name b union file_name b,c)") == ["a"]
    assert store.names("file_name a union file_name b intersect file_name b") == ["b"]


def test_relatives_are_followed_one_step_or_all_the_way(declare, store):
    declare("raw")
    declare("reco", parents=["raw"])
    declare("plot", parents=["reco"])

    assert store.names("ischildof:( file_name raw )") == ["reco"]
    assert store.names("ischildof:( ischildof:( file_name raw ) )") == ["plot"]
    assert store.names("isparentof:( isparentof:( file_name plot ) )") == ["raw"]
    assert store.names("isdescendantof:( file_name raw )") == ["reco", "plot"]
    assert store.names("isancestorof:( file_name plot )") == ["raw", "reco"]


# Snapshots, definitions and projects in queries


@pytest.fixture
def project(declare, store):
    """A project p over a … e: one in each of five statuses; q consumed what p skipped."""
    declare(*"abcde")
    definitions.create(store, "letters", "file_name a,b,c,d,e")
    for name in ("p", "q"):
        projects.start(store, name, defname="letters")
    for file, status in zip("abcde", ("consumed", "completed", "skipped", "delivered", None)):
        if status:
            projects.put_status(store, "p", status, file)
    projects.put_status(store, "q", "consumed", "c")
    return store


@pytest.mark.parametrize(
    ("dims", "names"),
    [
        ("project_name p", "abcde"),
        ("project_id 1", "abcde"),
        ("project_name nosuch", ""),
        ("consumed_status co%", "abc"),
        ("project_name p and consumed_status co%", "ab"),
        ("project_name p and (consumed_status 'co%' or consumed_status skipped)", "abc"),
        ("project_name p and not consumed_status unconsumed", "abcd"),
        ("project_name p and consumed_status != skipped", "abde"),
        ("project_name p and file_name b,c and (consumed_status co%)", "b"),
        ("(project_name p) and (project_name q and consumed_status consumed)", ""),
        ("project_name p intersect (project_name q and consumed_status consumed)", "c"),
        ("not (project_name p and consumed_status co%)", "cde"),
        ("snapshot_for_project_name p", "abcde"),
        ("snapshot_for_project_id 2", "abcde"),
        ("snapshot_id 1, 2", "abcde"),
        ("dataset_def_name letters", "abcde"),
        ("dataset_def_id 1", "abcde"),
        ("dataset_def_name_newest_snapshot letters", "abcde"),
    ],
)
def test_what_an_and_says_of_consumption_is_about_one_file_in_one_project(project, dims, names):
    assert project.names(dims) == list(names)


def test_consumers_are_processes(declare, store):
    declare("a", "b")
    definitions.create(store, "letters", "file_name a,b")
    projects.start(store, "p", defname="letters")
    for name in ("reco", "ana"):
        process = projects.establish_process(store, "p", name=name)
        projects.next_file(store, "p", process)

    assert store.names("consumer reco") == ["a"]
    assert store.names("consumer_process_id 2 and project_name p") == ["b"]


def test_a_definition_is_asked_anew_and_a_snapshot_isnt(declare, store):
    declare("a1")
    definitions.create(store, "letters", "file_name a%")
    snapshot = definitions.take_snapshot(store, "letters")
    declare("a2")

    assert store.names("defname:letters") == ["a1", "a2"]
    assert store.names(f"snapshot_id {snapshot}") == ["a1"]
    newer = definitions.take_snapshot(store, "letters")
    assert store.names("dataset_def_name_newest_snapshot letters") == ["a1", "a2"]
    assert store.names(f"snapshot_id {newer} minus snapshot_id {snapshot}") == ["a2"]


def test_a_definition_that_becomes_about_itself_is_refused(declare, store):
    definitions.create(store, "a", "file_name x")
    definitions.create(store, "b", "defname:a")
    store.write("update definitions set dims = 'defname:b' where name = 'a'")

    with pytest.raises(DimensionError, match="is about itself"):
        store.count("defname:a")
