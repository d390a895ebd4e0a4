"""Every query that POMS is known to send is understood, and answered with the right files."""

import pytest
import time_machine

from poms_client.testing.sam import definitions, projects, summaries

T0, T1 = "2025-03-01T12:00:00+0000", "2025-03-01T13:00:00+0000"
VERSION = {"application": {"family": "art", "name": "reco", "version": "v2"}}


@pytest.fixture
def known(store, declare):
    """Raw files r1 … r6 in the dataset D, a project P over r1 … r4, and what it made.

    P consumed r1 and r2, completed r3; r4 was skipped. r1 and r2 have reco children (that of r2 is
    nowhere), r1 has a hist child too, and r3 one of another version.
    """
    with time_machine.travel(T0, tick=False):
        for number in range(1, 7):
            declare(
                f"r{number}.root",
                runs=[[40 + number, 7, "physics"]],
                end_time=f"2025-03-01T0{number}:00:00+0000",
            )
        definitions.create(store, "D", "file_name r%")
        definitions.create(store, "D4", "file_name r1.root,r2.root,r3.root,r4.root")
    projects.start(store, "P", defname="D4")  # snapshot 1
    projects.put_status(store, "P", "consumed", "r1.root", "r2.root")
    projects.put_status(store, "P", "completed", "r3.root")
    projects.put_status(store, "P", "skipped", "r4.root")
    with time_machine.travel(T1, tick=False):
        declare("x1.reco.root", parents=["r1.root"], **VERSION)
        declare("x2.reco.root", parents=["r2.root"], located=False, **VERSION)
        declare("x3.reco.root", parents=["r3.root"], application={"version": "v1"})
        declare("x1.hist.root", parents=["r1.root"], **VERSION)
    definitions.create(store, "poms_depends_7_1", "ischildof:( file_name r% ) and version v2")
    return store


MADE = f"version v2 and file_name like %reco.root and create_date > '{T0}'"
HIST = f"version v2 and file_name like %hist.root and create_date > '{T0}'"


@pytest.mark.parametrize(
    ("dims", "names"),
    [
        # recoveries
        ("snapshot_for_project_name P minus (project_name P and consumed_status co%)", "r4"),
        ("snapshot_for_project_name P minus (project_name P and consumed_status 'co%')", "r4"),
        ("defname:D minus snapshot_for_project_name P", "r5 r6"),
        (
            (
                "project_name P and consumed_status"
                " skipped,unknown,delivered,transferred,unconsumed,cancelled"
            ),
            "r4",
        ),
        (f"snapshot_for_project_name P minus ( isparentof:( {MADE} ) )", "r2 r3 r4"),
        (
            (
                f"snapshot_for_project_name P minus ( isparentof:( {MADE} ) and"
                f" isparentof:( {HIST} ) )"
            ),
            "r2 r3 r4",
        ),
        (
            f"snapshot_for_project_name P minus ( isparentof:( isparentof:( {MADE} ) ) )",
            "r1 r2 r3 r4",
        ),
        # dependencies, and the children that count for completion
        (
            (
                f"ischildof:( snapshot_for_project_name P ) and version v2 and create_date > '{T0}'"
                " and file_name like '%reco.root'"
            ),
            "x1.reco",
        ),
        ("defname:poms_depends_7_1", "x1.reco x1.hist"),
        (
            "snapshot_for_project_name P and isparentof:(version v2 with availability anylocation)",
            "r1 r2",
        ),
        (
            (
                "snapshot_for_project_name P  and isparentof:(  file_name %reco.root and version v2"
                f" and create_date > '{T0}'  with availability physical ) "
            ),
            "r1",
        ),
        (
            (
                "snapshot_for_project_name P  and isparentof:(  file_name %reco.root and version v2"
                f" and create_date > '{T0}'  with availability physical )  and isparentof:( "
                f" file_name %hist.root and version 'v2' and create_date > '{T0}'"
                "  with availability physical ) "
            ),
            "r1",
        ),
        # splits
        ("defname: D with limit 2", "r1 r2"),
        ("defname: D with limit 2 offset 4", "r5 r6"),
        ("defname: D with stride 4 offset 1", "r2 r6"),
        ("defname: D and run_number 42", "r2"),
        ("defname: D minus snapshot_id 1 and run_number 45.0007", "r1 r2 r3 r4 r5 r6"),
        ("(defname: D minus snapshot_id 1) intersect run_number 45.0007", "r5"),
        (
            "defname: D and end_time > '2025-03-01T02:00:00' and end_time <= '2025-03-01T04:00:00'",
            "r3 r4",
        ),
        ("defname: D  minus snapshot_id 1  with limit 1", "r5"),
        ("defname: D minus snapshot_id 1 with limit 5", "r5 r6"),
        ("snapshot_id 1 or snapshot_id 1", "r1 r2 r3 r4"),
        ("project_name P and consumed_status 'consumed' minus snapshot_id 1 with limit 2", ""),
        ("project_name P and consumed_status 'consumed' with limit 1", "r1"),
        # lists and counts
        ("file_name 'r1.root','r2.root'", "r1 r2"),
        ("defname:D4 or defname:poms_depends_7_1", "r1 r2 r3 r4 x1.reco x1.hist"),
        ("file_name '%' and defname:D4", "r1 r2 r3 r4"),
    ],
)
def test_a_shape_is_answered_with_its_files(known, dims, names):
    assert known.names(dims) == [f"{name}.root" for name in names.split()]
    assert known.count(dims) == len(names.split())


def test_what_recovery_dimensions_say_is_a_query_once_it_is_rewritten(known):
    dims = summaries.recovery_dimensions(known, "P", use_process=False)

    assert "consumed_status consumed" in dims
    rewritten = dims.replace("consumed_status consumed", "consumed_status 'co%'")
    assert known.names(rewritten) == ["r4.root"]
