"""The MQL that POMS asks MetaCat in, for the queries that its splits and chains are made of."""

from datetime import UTC, datetime

import pytest

from datahandling import query as q
from datahandling.handlers.data_dispatcher.keys import Keys
from datahandling.handlers.data_dispatcher.lists import Listed, Stored, Typed
from datahandling.handlers.data_dispatcher.rendering import render
from datahandling.patterns import matching

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
ONE = datetime(2025, 3, 1, 13, tzinfo=UTC)
RAW, TAKEN = Stored("dune:raw"), Stored("dune:poms_snapshot_7_ab")
INPUTS = Listed(frozenset({"dune:a.root", "dune:b.root"}))
LISTED = "files dune:a.root, dune:b.root"
SINCE = q.Version("v2") & q.CreatedAfter(NOON)
VERSION = "(core.application.version[any] = 'v2')"
YOUNGER = "(created_timestamp > '2025-03-01T12:00:00+00:00')"

SLICES = {
    "nfiles, the first": (RAW[0:4], "(files from dune:raw) ordered limit 4"),
    "nfiles, the third": (RAW[8:12], "(files from dune:raw) ordered skip 8 limit 4"),
    "limitn": (RAW[:10], "(files from dune:raw) ordered limit 10"),
    "drainingn, at first": (RAW[:5], "(files from dune:raw) ordered limit 5"),
    "drainingn": (
        (RAW - TAKEN)[:5],
        "((files from dune:raw) - (files from dune:poms_snapshot_7_ab)) ordered limit 5",
    ),
    "byrun": (RAW & q.Run("7"), "files from dune:raw where core.runs[any] = 7"),
    "byrun, looking for a run": (
        RAW & q.RunsBetween(8, 15),
        "files from dune:raw where core.runs[any] in 8:15",
    ),
    "byexistingruns": (
        (RAW - TAKEN) & q.Run("7.0003"),
        (
            "(files from dune:raw where core.runs_subruns[any] = 700003)"
            " - (files from dune:poms_snapshot_7_ab)"
        ),
    ),
    "new": (
        RAW & q.EndedBetween(NOON, ONE),
        "files from dune:raw where core.end_time > 1740830400.0 and core.end_time <= 1740834000.0",
    ),
    "a slice of a slice": (RAW[2:9][1:3], "(files from dune:raw) ordered skip 3 limit 2"),
    "a snapshot of all slices": (
        TAKEN | RAW,
        "files from dune:poms_snapshot_7_ab, dune:raw",
    ),
}

CHAINS = {
    "inputs with located children": (
        INPUTS & q.Parents(matching("%reco.root") & SINCE & q.Located()),
        (
            f"join(({LISTED}), (parents(children({LISTED}) where"
            f" (name like '%reco.root') and {VERSION} and {YOUNGER})))"
        ),
    ),
    "inputs with grandchildren": (
        INPUTS & q.Parents(SINCE & q.Located(), 2),
        (
            f"join(({LISTED}), (parents(parents(children(children({LISTED}))"
            f" where {VERSION} and {YOUNGER}))))"
        ),
    ),
    "outputs": (
        q.Children(INPUTS) & SINCE & matching("%reco.root") & q.Located(),
        (
            f"(children({LISTED}) where {VERSION} and {YOUNGER} and (name like '%reco.root'))"
            " - (fids _)"
        ),
    ),
    "inputs whose children are on their way": (
        INPUTS - q.Parents(SINCE & q.Declared()),
        f"({LISTED}) - (parents(children({LISTED}) where {VERSION} and {YOUNGER}))",
    ),
    "orphans": (
        INPUTS - q.Parents(q.Children(INPUTS)),
        f"({LISTED}) - (parents(children({LISTED})))",
    ),
    "added files": (RAW - INPUTS, f"(files from dune:raw) - ({LISTED})"),
    "what a join is fed": (
        q.union([RAW, TAKEN]),
        "files from dune:poms_snapshot_7_ab, dune:raw",
    ),
    "what is handed out besides, of a version": (
        (RAW | TAKEN | INPUTS) & q.Version("v2"),
        (
            "union((files from dune:poms_snapshot_7_ab, dune:raw where"
            f" core.application.version[any] = 'v2'),"
            f" ({LISTED} where core.application.version[any] = 'v2'))"
        ),
    ),
    "a pattern that is a condition": (
        INPUTS & matching("core.data_tier = reco and size > 0"),
        f"{LISTED} where core.data_tier = 'reco' and size > 0",
    ),
}

ODD = {
    "nothing": (q.Nothing(), "fids _"),
    "everything": (q.Everything(), "files"),
    "located files": (q.Located(), "files"),
    "files without a location": (RAW - q.Located(), "fids _"),
    "a query that was typed, with a condition": (
        Typed("files from dune:raw limit 5") & q.Run("1"),
        "join((files from dune:raw limit 5), (files where core.runs[any] = 1))",
    ),
    "a condition on a part": (
        RAW[:5] & q.Run("1"),
        "join(((files from dune:raw) ordered limit 5), (files where core.runs[any] = 1))",
    ),
    "the first children, each once": (
        q.Children(RAW)[:3],
        "((children(files from dune:raw)) - (fids _)) ordered limit 3",
    ),
    "names that MQL can't list": (
        Listed(frozenset({"dune:a+b", "dune:c d"})),
        "files where namespace = 'dune' and name in ('a+b', 'c d')",
    ),
    "a number": (RAW & q.Metadata("core.n", 3), "files from dune:raw where core.n[any] = 3"),
    "a truth": (RAW & q.Metadata("core.ok", True), "files from dune:raw where core.ok[any] = true"),
}


@pytest.mark.parametrize(
    ("query", "text"),
    [*SLICES.values(), *CHAINS.values(), *ODD.values()],
    ids=[*SLICES, *CHAINS, *ODD],
)
def test_a_query_in_mql(query, text):
    assert render(query, Keys()) == text


def test_the_keys_are_the_sites():
    keys = Keys(runs="rs.run", version="app.version", ended="created_timestamp")

    assert render(RAW & q.Run("7"), keys) == "files from dune:raw where rs.run[any] = 7"
    assert (
        render(RAW & q.Version("v1"), keys) == "files from dune:raw where app.version[any] = 'v1'"
    )
    assert render(RAW & q.EndedBetween(NOON, ONE), keys) == (
        "files from dune:raw where created_timestamp > '2025-03-01T12:00:00+00:00'"
        " and created_timestamp <= '2025-03-01T13:00:00+00:00'"
    )


@pytest.mark.parametrize("sign", ["'", '"', "#", "$", "\\", "\n", "\t", "\x00"])
def test_a_text_that_mql_cannot_write_is_refused(sign):
    for query in (q.NameLike(f"a{sign}%"), q.Version(f"v{sign}"), q.Metadata("core.k", f"x{sign}")):
        with pytest.raises(q.QueryError, match="no way to write"):
            render(query, Keys())


@pytest.mark.parametrize("key", ["run", "core", "core.a b", "core.x = 1 or core.y", "1.x", ""])
def test_a_key_without_a_category_is_refused(key):
    with pytest.raises(q.QueryError, match="no metadata key"):
        render(q.Metadata(key, 1), Keys())


def test_what_is_no_number_is_refused():
    with pytest.raises(q.QueryError, match="no number"):
        render(q.Metadata("core.k", float("nan")), Keys())
