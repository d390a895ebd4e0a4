"""Random queries over a random world: SQLite says what the plainest reading of the rules says."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poms_client.testing.sam import definitions, files, projects
from poms_client.testing.sam.grammar import parse
from poms_client.testing.sam.store import Store
from poms_client.testing.sam.tree import (
    And,
    Definition,
    Not,
    Or,
    Query,
    Range,
    Relation,
    Sets,
    Term,
    Values,
    children,
)

SIZE = 24
DATASETS = {
    "low": "file_name f0%",
    "any": "run_number 1-3 with availability anylocation",
    "four": "not version v2 with limit 4 offset 1",
    "rest": "defname:low minus defname:four",
}
CONSUMPTION = ("project_name", "consumed_status")


class World:
    """The same files in SAM, and as plain dicts."""

    def __init__(self, seed):
        rng = random.Random(seed)
        self.store = Store()
        self.files = []
        for number in range(SIZE):
            file = {
                "name": f"f{number:02}",
                "run": rng.randrange(5),
                "version": rng.choice([None, "v1", "v2"]),
                "located": rng.random() < 0.7,
                "parents": rng.sample(range(number), rng.randrange(min(number, 2) + 1)),
                "consumption": {},
            }
            self.files.append(file)
            files.declare(self.store, metadata(file))
        for name, dims in DATASETS.items():
            definitions.create(self.store, name, dims)
        for project, dataset in {"p": "low", "q": "any"}.items():
            projects.start(self.store, project, defname=dataset)
            self.consume(project, rng)

    def consume(self, project, rng):
        for name in self.store.names(
            f"snapshot_for_project_name {project} with availability anylocation"
        ):
            status = rng.choice(["consumed", "completed", "skipped", "unconsumed"])
            projects.put_status(self.store, project, status, name)
            self.files[int(name[1:])]["consumption"][project] = status


def metadata(file):
    return {
        "file_name": file["name"],
        "runs": [[file["run"], 1, "x"]],
        "application": {"version": file["version"]},
        "locations": ["/data"] if file["located"] else [],
        "parents": [f"f{parent:02}" for parent in file["parents"]],
    }


# The plain reading


def answer(world, query, shows="physical", alone=True):
    """The numbers of the files of a query, in order."""
    said = "anylocation" in query.availability if query.availability else None
    if said is not None:
        shows = "anylocation" if said else "physical"
    found = sorted(meets(world, query.of, shows))
    is_part = (query.limit, query.offset, query.stride) != (None, None, None)
    if shows == "physical" and (alone or is_part or said is not None):
        found = [number for number in found if world.files[number]["located"]]
    found = found[query.offset or 0 :][:: query.stride or 1]
    return found if query.limit is None else found[: query.limit]


def meets(world, node, shows):
    def inner(part):
        return meets(world, part, shows)

    everything = set(range(SIZE))
    if isinstance(node, Query):
        return set(answer(world, node, shows, alone=False))
    if isinstance(node, Definition):
        return set(answer(world, READ[node.name], shows, alone=False))
    if isinstance(node, Relation):
        return related(world, node.kind, set(answer(world, node.of)))
    if isinstance(node, Not):
        return everything - inner(node.of)
    if isinstance(node, Or):
        return set.union(*map(inner, node.parts))
    if isinstance(node, Sets):
        found = inner(node.first)
        for operator, part in node.rest:
            found = OPERATORS[operator](found, inner(part))
        return found
    if isinstance(node, And):
        return all_of(world, list(flat(node)), inner)
    return {n for n in everything if says(world.files[n], node)}


def all_of(world, parts, inner):
    rows = [part for part in parts if is_of_rows(part)]
    rows = rows if any(not isinstance(part, Not) for part in rows) else []
    found = set.intersection(set(range(SIZE)), *(inner(p) for p in parts if p not in rows))
    return {n for n in found if not rows or any_row(world.files[n], rows)}


def is_of_rows(node):
    if isinstance(node, Term):
        return node.name in CONSUMPTION
    return isinstance(node, (And, Or, Not)) and all(map(is_of_rows, children(node)))


def any_row(file, nodes):
    rows = [{"project_name": p, "consumed_status": s} for p, s in file["consumption"].items()]
    return any(all(row_says(row, node) for node in nodes) for row in rows)


def row_says(row, node):
    if isinstance(node, Term):
        return compare(row[node.name], node)
    inner = [row_says(row, child) for child in children(node)]
    if isinstance(node, Not):
        return not inner[0]
    return all(inner) if isinstance(node, And) else any(inner)


def says(file, term):
    if term.name in CONSUMPTION:
        return any_row(file, [term])
    value = {"file_name": file["name"], "run_number": file["run"], "version": file["version"]}
    return compare(value[term.name], term)


def compare(value, term):
    if term.operator.startswith("not ") or term.operator == "!=":
        positive = {"!=": "="}.get(term.operator, term.operator[4:])
        return not compare(value, Term(term.name, positive, term.values))
    if value is None:
        return False
    if term.operator in ("<", ">="):
        wanted = type(value)(term.values.items[0])
        return value < wanted if term.operator == "<" else value >= wanted
    return any(fits(value, item) for item in term.values.items)


def fits(value, item):
    if isinstance(item, Range):
        return type(value)(item.low) <= value <= type(value)(item.high)
    if isinstance(value, int):
        return value == int(item)
    pattern = "".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in item)
    return re.fullmatch(pattern, value) is not None if "%" in item else value == item


def related(world, kind, of):
    def parents(numbers):
        return {parent for number in numbers for parent in world.files[number]["parents"]}

    def children(numbers):
        return {n for n in range(SIZE) if numbers & set(world.files[n]["parents"])}

    step = parents if kind in ("isparentof", "isancestorof") else children
    found = step(of)
    while kind in ("isancestorof", "isdescendantof") and not step(found) <= found:
        found |= step(found)
    return found


def flat(node):
    for part in node.parts:
        yield from flat(part) if isinstance(part, And) else [part]


OPERATORS = {"minus": set.__sub__, "union": set.__or__, "intersect": set.__and__}


# The random queries


def term(name, operator, *values):
    return Term(name, operator, Values(values))


NAMES = st.integers(0, SIZE).map(lambda number: f"f{number:02}")
PATTERNS = st.sampled_from(["f%", "f0%", "%3", "f_2%", "f05"])
RUNS = st.integers(0, 5).map(str)
VERSIONS = st.sampled_from(["v1", "v2", "v%"])
STATUSES = st.sampled_from(["co%", "consumed", "skipped", "unconsumed"])
EQUAL = st.sampled_from(["=", "!=", "in", "not in"])
TERMS = st.one_of(
    st.builds(term, st.just("file_name"), EQUAL, NAMES, PATTERNS),
    st.builds(term, st.just("file_name"), st.sampled_from(["<", ">="]), NAMES),
    st.builds(term, st.just("run_number"), EQUAL, RUNS, st.builds(Range, RUNS, RUNS)),
    st.builds(term, st.just("version"), EQUAL, VERSIONS),
    st.builds(term, st.just("project_name"), EQUAL, st.sampled_from(["p", "q", "nosuch"])),
    st.builds(term, st.just("consumed_status"), EQUAL, STATUSES),
    st.builds(Definition, st.sampled_from(sorted(DATASETS))),
)
PARTS = st.sampled_from([None, None, 1, 2, 5])
AVAILABILITY = st.sampled_from([None, None, ("physical",), ("anylocation",)])


@st.composite
def nodes(draw, depth, relations):
    kinds = [Term, And, Or, Sets, Not, Query, *[Relation] * bool(relations)]
    kind = draw(st.sampled_from(kinds)) if depth else Term
    inner = nodes(depth - 1, relations)
    if kind is Term:
        return draw(TERMS)
    if kind in (And, Or):
        return kind(tuple(draw(st.lists(inner, min_size=2, max_size=3))))
    if kind is Sets:
        steps = st.tuples(st.sampled_from(sorted(OPERATORS)), inner)
        return Sets(draw(inner), tuple(draw(st.lists(steps, min_size=1, max_size=3))))
    if kind is Relation:
        return Relation(draw(st.sampled_from(relations)), draw(queries(depth - 1, relations)))
    return Not(draw(inner)) if kind is Not else draw(queries(depth - 1, relations))


@st.composite
def queries(draw, depth=3, relations=("isparentof", "ischildof")):
    return Query(
        draw(nodes(depth, relations)), draw(AVAILABILITY), draw(PARTS), draw(PARTS), draw(PARTS)
    )


WORLDS = [World(seed) for seed in range(3)]
READ = {name: parse(dims) for name, dims in DATASETS.items()}


@pytest.mark.property
@given(st.sampled_from(WORLDS), queries())
@settings(max_examples=500)
def test_any_query_has_the_files_that_its_words_say(world, query):
    assert world.store.names(str(query)) == [f"f{number:02}" for number in answer(world, query)]
    assert world.store.count(str(query)) == len(answer(world, query))


@pytest.mark.property
@given(
    st.sampled_from(WORLDS),
    st.sampled_from(["isancestorof", "isdescendantof"]),
    queries(depth=1, relations=()),
)
def test_so_has_one_that_goes_many_steps(world, kind, query):
    whole = Query(Relation(kind, query), ("anylocation",))

    assert world.store.names(str(whole)) == [f"f{number:02}" for number in answer(world, whole)]
