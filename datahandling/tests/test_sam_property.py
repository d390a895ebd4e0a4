"""Whatever the query, SAM's stand-in answers what the algebra says, as SAM shows files.

The stand-in has a parser and an evaluator of its own, and knows nothing of the algebra.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datahandling import query as q
from datahandling.handlers.sam.rendering import dimensions
from datahandling.runs import format_run
from datahandling.tests.naive import World
from datahandling.tests.services.sam import DATASET, SamSide
from datahandling.tests.test_rendering import HOURS, PATTERNS, naive_files
from poms_client.testing.sam import definitions, projects
from poms_client.testing.sam.errors import DimensionError
from poms_client.testing.sam.store import Store

pytestmark = pytest.mark.property

METADATA = st.fixed_dictionaries(
    {},
    optional={
        "my.tier": st.sampled_from(["raw", "re co", "r-w"]),
        "my.energy": st.sampled_from([1, 2, 2.5, 30]),
        "my.tag": st.lists(st.sampled_from(["x", "y"]), min_size=1, max_size=2),
    },
)
FRAGMENTS = [
    "my.tier raw",
    "my.tier 're co'",
    "my.energy > 2",
    "my.energy 2.0",
    "my.tag x and my.tier raw",
    "file_name a% and version v1",
    "run_number > 1",
    "end_time <= '2025-03-01T14:00:00+00:00'",
    "create_date > '2025-03-01T13:00:00+00:00'",
]
STATUSES = {
    "initial": ["unconsumed"],
    "reserved": ["delivered", "transferred", "unknown"],
    "failed": ["failed", "skipped", "cancelled"],
    "done": ["consumed", "completed"],
}


class SamView(World):
    """The algebra as SAM shows files: at each level those that are somewhere, or all of them."""

    shows_all = False

    def answer(self, query):
        chosen = self.level(query)
        return [file.name for file in self.files if file.name in chosen]

    def level(self, query):
        """The files of a query that stands on its own."""
        shows_all, self.shows_all = self.shows_all, False
        chosen = self.visible(self.chosen(query), says_declared(query))
        self.shows_all = shows_all
        return chosen

    def visible(self, chosen, shows_all):
        return chosen if shows_all else chosen & self.somewhere

    @property
    def somewhere(self):
        return self.where(lambda file: file.located)

    def intersection(self, query):
        shows_all, self.shows_all = self.shows_all, self.shows_all or q.Declared() in query.parts
        chosen = super().intersection(query)
        self.shows_all = shows_all
        return chosen

    def span(self, query):
        return self.shown_in_order(query.of)[query.start : query.stop]

    def stride(self, query):
        return self.shown_in_order(query.of)[query.offset :: query.n]

    def shown_in_order(self, query):
        chosen = self.visible(self.chosen(query), self.shows_all or says_declared(query))
        return [file.name for file in self.files if file.name in chosen]

    def children(self, query):
        found = self.level(query.of)
        for step in range(query.depth):
            found = found & self.somewhere if step else found
            found = self.where(lambda file, of=found: of & set(file.parents))
        return found

    def parents(self, query):
        found = self.level(query.of)
        for step in range(query.depth):
            found = found & self.somewhere if step else found
            found = {name for file in self.files if file.name in found for name in file.parents}
        return found


def says_declared(query):
    """Whether a query shows all files; a part of a list shows what the list shows."""
    while isinstance(query, q.Span | q.Stride):
        query = query.of
    parts = query.parts if isinstance(query, q.Intersection) else (query,)
    return q.Declared() in parts and q.Located() not in parts


def leaves(snapshots, names):
    return st.one_of(
        st.sampled_from(
            [
                q.Everything(),
                q.Nothing(),
                q.Declared(),
                q.Located(),
                *map(q.Dataset, ["even", "odd", "defined", "frozen"]),
                *map(q.Snapshot, snapshots),
                q.ProjectFiles("project"),
                q.Consumed("project"),
                q.Consumed("another"),
                q.Version("v1"),
                q.Run("1"),
                q.Run("1.0001"),
                q.Metadata("my.tier", "re co"),
                q.Metadata("my.energy", 2),
                q.Metadata("my.tag", "x"),
            ]
        ),
        st.lists(st.sampled_from(q.HANDLE_STATES), min_size=1, max_size=3, unique=True).map(
            lambda states: q.Handles("project", tuple(states))
        ),
        st.lists(st.sampled_from([*names, "none"]), max_size=5).map(lambda some: q.Named((*some,))),
        st.builds(q.RunsBetween, st.integers(0, 3), st.integers(0, 3)),
        st.builds(q.EndedBetween, HOURS, HOURS),
        st.builds(q.CreatedAfter, HOURS),
        st.sampled_from(PATTERNS).map(q.NameLike),
        st.sampled_from(FRAGMENTS).map(q.Fragment),
    )


def queries(snapshots, names):
    def larger(smaller):
        first, length = st.integers(0, 2), st.integers(0, 6)
        return st.one_of(
            st.builds(lambda a, b: a | b, smaller, smaller),
            st.builds(lambda a, b: a & b, smaller, smaller),
            st.builds(lambda a, b: a - b, smaller, smaller),
            smaller.map(lambda a: a & q.Declared()),
            smaller.map(lambda a: a & q.Located()),
            st.builds(lambda a, start, n: a[start : start + n], smaller, first, length),
            st.builds(lambda a, start: a[start:], smaller, first),
            st.builds(lambda a, n, k: a.stride(n, k % n), smaller, st.integers(1, 3), first),
            st.builds(q.Children, smaller, st.integers(1, 2)),
            st.builds(q.Parents, smaller, st.integers(1, 2)),
        )

    return st.recursive(leaves(snapshots, names), larger, max_leaves=7)


def declare(side, files, dataset_of):
    for file in files:
        said = dict(file.metadata)
        if file.run[0]:
            said["run_number"] = format_run(*file.run)
        if file.version:
            said["version"] = file.version
        if file.end_time:
            said["end_time"] = file.end_time.isoformat()
        side.declare(
            file.name,
            dataset=dataset_of[file.name],
            parents=file.parents,
            metadata=said,
            located=file.located,
        )
        created = file.created_at.timestamp()
        side.store.write("update files set create_date = ? where name = ?", created, file.name)


def build(naive, data):
    """Build the same world twice: in memory and in SAM."""
    for file in naive:
        file.metadata = data.draw(METADATA)
    side, names = SamSide(Store()), [file.name for file in naive]
    world = SamView(naive, datasets={"even": set(names[::2]), "odd": set(names[1::2])})
    declare(side, naive, {name: "odd" if n % 2 else "even" for n, name in enumerate(names)})
    for dataset in ("even", "odd"):
        side.define(dataset, f"{DATASET} {dataset}")
    world.datasets["defined"] = (q.Dataset("even") | q.NameLike("a%")) - q.Run("2")
    side.define("defined", dimensions(world.datasets["defined"]))

    def snapshot(name, query):
        side.define(name, dimensions(query))
        number = definitions.take_snapshot(side.store, name)
        world.snapshots[number] = set(world.answer(query))
        return number

    snapshot("first", q.Everything()[:4])
    number = snapshot("last", q.Dataset("odd") & q.Declared())
    side.define("frozen", dimensions(q.Snapshot(number)))
    world.datasets["frozen"] = q.Snapshot(number)
    for name, query in (("project", q.Dataset("even")), ("another", q.Everything() & q.Declared())):
        side.start_project(name, query)
        world.projects[name] = {file: play(side, name, file, data) for file in world.answer(query)}
    return side.store, world


def is_too_deep(store, text):
    """Whether SQLite's parser can't nest so deep; SAM's stand-in says so in SAM's words."""
    try:
        store.count(text)
    except DimensionError as error:
        return "query limit" in str(error)
    return False


def play(side, project, file, data):
    state = data.draw(st.sampled_from(q.HANDLE_STATES))
    projects.put_status(side.store, project, data.draw(st.sampled_from(STATUSES[state])), file)
    return state


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(naive=naive_files(), data=st.data())
def test_sam_answers_as_the_algebra_says(naive, data):
    store, world = build(naive, data)
    asked = queries(world.snapshots, [file.name for file in naive])

    for query in data.draw(st.lists(asked, min_size=20, max_size=20)):
        text, expected = dimensions(query), world.answer(query)
        if not is_too_deep(store, text):
            assert store.names(text) == expected, (query, text)
            assert store.count(text) == len(expected), (query, text)
