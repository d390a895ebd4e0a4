"""Queries of the catalogue are shown in words."""

from datetime import UTC, datetime

import pytest

from datahandling import query as q
from datahandling.handlers.catalogue import Catalogue
from datahandling.stored import KINDS
from datahandling.telling import WORDS, tell

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROJECT = q.ProjectFiles("poms_17")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (q.Handles("poms_17", ("done", "failed")), "done or failed in project poms_17"),
        (PROJECT, "given to project poms_17"),
        (q.Dataset("raw")[10:], "files 11 and the following of (dataset raw)"),
        (q.Dataset("raw").stride(3, 1), "one file in 3, from number 2 on, of (dataset raw)"),
        (
            PROJECT - q.Parents(q.Located() & q.Run("7"), 2),
            "given to project poms_17 but not parents of (with a location and run 7), 2 steps away",
        ),
        (
            (q.Run("7") | q.RunsBetween(8, 9)) & q.Version("v1"),
            "(run 7 or runs 8 to 9) and version v1",
        ),
        (q.MadeBy((3, 4)), "made by submission 3, 4"),
        (
            q.EndedBetween(NOON, NOON),
            "ended after 2026-03-01 12:00:00 UTC, until 2026-03-01 12:00:00 UTC",
        ),
    ],
)
def test_a_query_is_told_in_words(query, words):
    assert tell(query) == words


def test_of_many_names_the_first_are_told():
    said = tell(q.Named(tuple(f"f{number}" for number in range(12))))

    assert said.startswith("named f0, f1,")
    assert said.endswith("f9 and 2 more")


def test_every_kind_of_query_has_words():
    assert set(WORDS) == set(KINDS.values())


def test_the_catalogue_shows_words():
    shown = Catalogue("nova").text(q.Dataset("raw") - q.Consumed("poms_17"))

    assert shown == "dataset raw but not done in project poms_17"
