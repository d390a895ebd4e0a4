"""Whatever the query, MetaCat's engine answers what the algebra says."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from datahandling import query as q
from datahandling.handlers.data_dispatcher import evaluating
from datahandling.handlers.data_dispatcher.keys import Keys
from datahandling.handlers.data_dispatcher.lists import Listed, Stored
from datahandling.handlers.data_dispatcher.metacat import File
from datahandling.handlers.data_dispatcher.rendering import render
from datahandling.tests.mql import KEYS, NAMESPACE, engine
from datahandling.tests.naive import World
from datahandling.tests.test_rendering import HOURS, naive_files
from pomsproject import env

pytestmark = pytest.mark.property

PATTERNS = ["%", "a%", "%.root", "a_%", "%1%", "__.log", "b"]


EVEN, ODD = Stored(f"{NAMESPACE}:even"), Stored(f"{NAMESPACE}:odd")


class Naive(World):
    """Lists and MetaCat's datasets too; metadata have MetaCat's keys, no file has a location."""

    def located(self, query):
        return self.everything(query)

    def listed(self, query):
        return {name.partition(":")[2] for name in query.files}

    def stored(self, query):
        return set(self.datasets[query.dataset.partition(":")[2]])

    def metadata(self, query):
        key = next(ours for ours, theirs in KEYS.items() if theirs == query.key)
        return super().metadata(q.Metadata(key, query.value))


@pytest.fixture(scope="module")
def metacat():
    with engine(env.required("POMS_DATABASE_URL")) as engine_:
        yield engine_


def leaves(names):
    full = [f"{NAMESPACE}:{name}" for name in names]
    return st.one_of(
        st.sampled_from(
            [
                q.Everything(),
                Stored(f"{NAMESPACE}:even"),
                Stored(f"{NAMESPACE}:odd"),
                q.Nothing(),
                q.Run("1"),
                q.Run("1.0001"),
                q.Located(),
                q.Declared(),
                q.Version("v1"),
                q.Metadata("core.data_tier", "raw"),
                q.Metadata("core.data_tier", 2),
                q.Metadata("core.data_tier", True),
                q.Metadata("core.tag", "x"),
                q.Metadata("sim.energy", 2.5),
            ]
        ),
        st.lists(st.sampled_from(full), max_size=6).map(lambda some: Listed(frozenset(some))),
        st.builds(q.RunsBetween, st.integers(0, 3), st.integers(0, 3)),
        st.builds(q.EndedBetween, HOURS, HOURS),
        st.builds(q.CreatedAfter, HOURS),
        st.sampled_from(PATTERNS).map(q.NameLike),
    )


def queries(names):
    def larger(smaller):
        first, length = st.integers(0, 2), st.integers(0, 6)
        return st.one_of(
            st.builds(lambda a, b: a | b, smaller, smaller),
            st.builds(lambda a, b: a & b, smaller, smaller),
            st.builds(lambda a, b: a - b, smaller, smaller),
            st.builds(lambda a, start, n: a[start : start + n], smaller, first, length),
            st.builds(lambda a, start: a[start:], smaller, first),
            st.builds(q.Children, smaller, st.integers(1, 3)),
            st.builds(q.Parents, smaller, st.integers(1, 3)),
        )

    return st.recursive(leaves(names), larger, max_leaves=7)


def build(metacat, naive):
    """Build the same world in memory and in MetaCat; return it and the names of its files."""
    names = [file.name for file in naive]
    world = Naive(sorted(naive, key=lambda file: file.created_at))
    world.datasets = {"even": names[::2], "odd": names[1::2]}
    metacat.fill(world, world.datasets)
    return world, names


QUICK = {
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    "phases": [Phase.generate],  # to shrink takes minutes of the engine's time
}


@settings(max_examples=8, **QUICK)
@given(naive=naive_files(), data=st.data())
def test_metacat_answers_as_the_algebra_says(metacat, naive, data):
    world, names = build(metacat, naive)

    for query in data.draw(st.lists(queries(names), min_size=10, max_size=10)):
        expected = world.answer(query)
        text = render(query, Keys())
        assert metacat.files(text) == expected, (query, text)
        assert metacat.count(text) == len(expected), (query, text)


class Asked:
    """The engine as ``MetaCat`` asks it over HTTP."""

    def __init__(self, engine):
        self.engine = engine

    def find(self, mql):
        return [File(f"{NAMESPACE}:{name}", name, 0.0) for name in self.engine.files(mql)]

    def count(self, mql):
        return len(self.find(mql))


@settings(max_examples=10, **QUICK)
@given(naive=naive_files(), data=st.data())
def test_what_names_many_files_is_asked_in_pieces_and_answered_alike(
    metacat, naive, data, monkeypatch
):
    monkeypatch.setattr(evaluating, "MANY", 4)
    monkeypatch.setattr(evaluating, "FEWEST", 1)
    world, names = build(metacat, naive)
    among = data.draw(st.sampled_from([None, EVEN, EVEN | ODD, (EVEN | ODD)[:9], q.Nothing()]))
    listed = Listed(frozenset(f"{NAMESPACE}:{name}" for name in names[:9]), among)

    for query in data.draw(st.lists(queries(names), min_size=8, max_size=8)):
        for long in (listed & query, listed - query, q.Children(listed) - query, query | listed):
            if any(isinstance(part, q.Span) for part in query.walk()):
                continue  # of a long list, these are worked out while names are looked up
            evaluator = evaluating.Evaluator(Asked(metacat), Keys())
            found = {name.partition(":")[2] for name in evaluator.names(long)}
            assert found == set(world.answer(long)), long
