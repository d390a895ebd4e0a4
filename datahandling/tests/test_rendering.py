"""Whatever the query, the catalogue answers what the algebra says, in one statement."""

from datetime import UTC, datetime, timedelta
from itertools import count, cycle

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datahandling import query as q
from datahandling.handlers.catalogue import Catalogue, Declaration
from datahandling.handlers.catalogue.rendering import files
from datahandling.models import File, Handle
from datahandling.tests.naive import NaiveFile, World

pytestmark = [pytest.mark.django_db, pytest.mark.property]

START = datetime(2025, 3, 1, 12, tzinfo=UTC)
HOURS = st.integers(0, 4).map(lambda hours: START + timedelta(hours=hours))
PATTERNS = ["%", "a%", "%.root", "a_%", "%1%", "__.log", "b", "", "%\\%"]
FRAGMENTS = [
    "tier raw",
    "tier like r%",
    "tier 'r%w'",
    "tier != raw",
    "tier >= re",
    "energy > 2",
    "energy 2.0",
    "energy != 2",
    "good true",
    "tag x and tier raw",
    "file_name a% and version v1",
    "file_name != a0.root",
    "run_number > 1",
    "run_number != 1",
    "end_time <= 2025-03-01T14:00:00+00:00",
    "end_time != 2025-03-01T14:00:00+00:00",
    "create_date > '2025-03-01 13:00:00'",
]
experiments = (f"experiment{number}" for number in count())

METADATA = st.fixed_dictionaries(
    {},
    optional={
        "tier": st.sampled_from(["raw", "reco", "r%w", 2, True]),
        "energy": st.sampled_from([1, 2, 2.5, 30, "2", True, False]),
        "good": st.booleans(),
        "tag": st.lists(st.sampled_from(["x", "y", 2, True]), max_size=2),
    },
)


@st.composite
def naive_files(draw):
    made = []
    for number in range(draw(st.integers(6, 12))):
        stem = draw(st.sampled_from("abB"))
        suffix = draw(st.sampled_from([".root", ".log", ""]))
        earlier = st.sampled_from([file.name for file in made] or ["none"])
        several = st.lists(earlier, min_size=bool(number % 3), max_size=3, unique=True)
        made.append(
            NaiveFile(
                name=f"{stem}{number}{suffix}",
                parents=draw(several) if made else [],
                metadata=draw(METADATA),
                version=draw(st.sampled_from(["", "v1", "v2"])),
                run=draw(st.sampled_from([(None, None), (1, None), (1, 1), (1, 2), (2, 1)])),
                end_time=draw(st.none() | HOURS),
                created_at=draw(HOURS),
                submission=draw(st.sampled_from([None, 1, 2])),
                located=draw(st.booleans()),
            )
        )
    return made


@st.composite
def leaves(draw, snapshots, names):
    return draw(
        st.sampled_from(
            [
                q.Everything(),
                q.Dataset("even"),
                q.Dataset("odd"),
                q.Dataset("defined"),
                q.Nothing(),
                q.Dataset("frozen"),
                *map(q.Snapshot, snapshots),
                q.ProjectFiles("project"),
                q.Consumed("project"),
                q.Handles("project", draw(st.sampled_from([("failed",), ("initial", "done")]))),
                q.Named(
                    tuple(draw(st.lists(st.sampled_from([*names, "none"]), min_size=1, max_size=6)))
                ),
                q.MadeBy(draw(st.sampled_from([(), (1,), (1, 2), (3,)]))),
                q.Unsigned(),
                q.Run(draw(st.sampled_from(["1", "1.0001", "2", "3"]))),
                q.RunsBetween(draw(st.integers(0, 3)), draw(st.integers(0, 3))),
                q.EndedBetween(draw(HOURS), draw(HOURS)),
                q.CreatedAfter(draw(HOURS)),
                q.Version(draw(st.sampled_from(["", "v1", "v3"]))),
                q.NameLike(draw(st.sampled_from(PATTERNS))),
                q.Metadata("tier", draw(st.sampled_from(["raw", "r%w", 2, True]))),
                q.Metadata("tag", draw(st.sampled_from(["x", 2]))),
                q.Located(),
                q.Fragment(draw(st.sampled_from(FRAGMENTS))),
            ]
        )
    )


def queries(snapshots, names):
    def larger(smaller):
        first = st.integers(0, 2)
        length = st.integers(0, 6)
        return st.one_of(
            st.builds(lambda a, b: a | b, smaller, smaller),
            st.builds(lambda a, b: a & b, smaller, smaller),
            st.builds(lambda a, b: a - b, smaller, smaller),
            st.builds(lambda a, start, n: a[start : start + n], smaller, first, length),
            st.builds(lambda a, start: a[start:], smaller, first),
            st.builds(lambda a, n, k: a.stride(n, k % n), smaller, st.integers(1, 3), first),
            st.builds(q.Children, smaller, st.integers(1, 3)),
            st.builds(q.Parents, smaller, st.integers(1, 3)),
        )

    return st.recursive(leaves(snapshots, names), larger, max_leaves=6)


def declare(catalogue, world):
    """Put the world's files into the catalogue, the even and the odd ones into datasets."""
    ends = Declaration("first", datasets=["even"]), Declaration("last", datasets=["odd"])
    catalogue.declare(ends)
    File.objects.filter(experiment=catalogue.experiment).delete()
    catalogue.declare(
        Declaration(
            file.name,
            metadata=file.metadata,
            parents=file.parents,
            locations=["file:///there"] if file.located else [],
            datasets=[dataset],
        )
        for dataset, file in zip(cycle(["even", "odd"]), world.files, strict=False)
    )
    rows = list(File.objects.filter(experiment=catalogue.experiment).order_by("pk"))
    for row, file in zip(rows, world.files, strict=True):
        row.run_number, row.subrun = file.run
        row.software_version = file.version
        row.end_time = file.end_time
        row.created_at = file.created_at
        row.made_by_submission = file.submission
    columns = "run_number subrun software_version end_time created_at made_by_submission"
    File.objects.bulk_update(rows, columns.split())


def build(naive, data):
    """Build the same world twice: in memory and in the catalogue of a new experiment."""
    catalogue = Catalogue(next(experiments))
    names = [file.name for file in naive]
    world = World(naive, datasets={"even": names[::2], "odd": names[1::2]})
    declare(catalogue, world)

    world.datasets["defined"] = (q.Dataset("even") | q.NameLike("a%")) - q.Run("2")
    catalogue.define("defined", world.datasets["defined"])
    frozen = q.Dataset("odd") - q.Located()
    world.datasets["frozen"] = world.answer(frozen)
    catalogue.freeze("frozen", frozen)
    first = q.Everything()[:4]
    world.snapshots[catalogue.take_snapshot(first)] = world.answer(first)
    catalogue.start_project("project", q.Dataset("even"))
    world.projects["project"] = {
        name: data.draw(st.sampled_from(q.HANDLE_STATES)) for name in world.datasets["even"]
    }
    for name, state in world.projects["project"].items():
        handles = Handle.objects.filter(project__experiment=catalogue.experiment)
        handles.filter(file__name=name).update(state=state, worker="worker")
    return catalogue, world


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(naive=naive_files(), data=st.data())
def test_the_catalogue_answers_as_the_algebra_says_in_one_statement(naive, data):
    catalogue, world = build(naive, data)
    asked = queries(world.snapshots, [file.name for file in naive])

    for query in data.draw(st.lists(asked, min_size=20, max_size=20)):
        expected = world.answer(query)
        assert catalogue.files(query) == expected, query
        assert catalogue.count(query) == len(expected), query
        question = files(catalogue.experiment, query)
        with CaptureQueriesContext(connection) as statements:
            list(question)
        assert len(statements) <= 1


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(naive=naive_files(), data=st.data())
def test_conditions_written_by_people_mean_what_they_say(naive, data):
    catalogue, world = build(naive, data)

    for text in FRAGMENTS:
        assert catalogue.files(q.Fragment(text)) == world.answer(q.Fragment(text)), text
        negated = q.Everything() - q.Fragment(text)
        assert catalogue.files(negated) == world.answer(negated), text


def test_lists_are_joined_with_each_other_and_not_with_every_file():
    catalogue = Catalogue(next(experiments))
    for name in ("first", "second"):
        catalogue.freeze(name, q.Everything())
        catalogue.start_project(name, q.Dataset(name))
    united = q.Dataset("first") | q.Dataset("second")
    left = q.ProjectFiles("first") - q.Consumed("first") - q.Consumed("second")

    for query in (united, left, q.Children(q.Dataset("first"), 2)):
        statement = str(files(catalogue.experiment, query).query)
        assert statement.count('FROM "datahandling_file"') == 1, query
