"""Conditions that people type: what MetaCat is asked, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahandling.handlers.data_dispatcher.conditions import normal
from datahandling.query import QueryError
from datahandling.tests.mql import engine
from pomsproject import env

READ = {
    "core.data_tier=raw": "core.data_tier = 'raw'",
    "core.data_tier == 'raw'  and core.file_type = \"mc\"": (
        "core.data_tier == 'raw' and core.file_type = 'mc'"
    ),
    "core.a = 1 or core.b = 2 and core.c = 3": "core.a = 1 or core.b = 2 and core.c = 3",
    "(core.a = 1 or core.b = 2) and core.c != -3.5": (
        "(core.a = 1 or core.b = 2) and core.c != -3.5"
    ),
    "!(core.a = 1)": "!((core.a = 1))",
    "! core.a present": "!(core.a present)",
    "core.good = true": "core.good = true",
    "core.a present and core.b not present": "core.a present and core.b not present",
    "core.runs in 1:9": "core.runs[any] in 1:9",
    "core.runs not in 1:9": "core.runs[any] not in 1:9",
    "core.runs[any] in (1, 2,3)": "core.runs[any] in (1, 2, 3)",
    "core.run in (1,2)": "core.run in (1, 2)",
    "core.runs[0] = 5": "core.runs[0] = 5",
    "core.map['x'] = 5": "core.map['x'] = 5",
    "core.runs[all] > 5": "core.runs[all] > 5",
    "len(core.runs) = 1": "len(core.runs) = 1",
    "5 in core.runs": "5 in core.runs",
    "'x' not in core.tags": "'x' not in core.tags",
    "core.name ~ '^a.*'": "core.name ~ '^a.*'",
    "core.name !~ abc": "core.name !~ 'abc'",
    "name ~* '^A.*'": "name ~* '^A.*'",
    "core.end_time > date('2025-03-01')": "core.end_time > date('2025-03-01')",
    "core.end_time < datetime('2025-03-01T12:00:00')": (
        "core.end_time < datetime('2025-03-01T12:00:00')"
    ),
    "name like 'r%.root'": "name like 'r%.root'",
    "namespace = dune and creator != 'poms'": "namespace = 'dune' and creator != 'poms'",
    "size >= 1000": "size >= 1000",
    "size in 1:10": "size in 1:10",
    "created_timestamp > '2025-03-01'": "created_timestamp > '2025-03-01'",
    "retired = false": "retired = false",
}

REFUSED = {
    "": "key or an attribute",
    "data_tier raw": "core.data_tier",
    "core.data_tier raw": "compares nothing",
    "core.data_tier = raw raw": "one word too much",
    "core.data_tier =": "a value should",
    "core.data_tier = raw and": "key or an attribute",
    "core.data_tier = raw) or (name like '%'": "one word too much",
    "(core.data_tier = raw": "is missing",
    "core.data_tier = 'raw": "can't be read",
    "core.data_tier = 'a#b'": "no way to write",
    r"core.map['p\' '] = 1": "backslash",
    r"core.name ~ 'r\d'": r"write \[\.\] for a dot",
    "core.data_tier like 'r%'": "regular expression",
    "core.a ~* 'r.*'": r"\[aA\]",
    "core.a = 1 limit 5": "one word too much",
    "core.a = 1 - files": "one word too much",
    "core.a = raw%": "in quotes",
    "name = 5": "isn't a text",
    "size = big": "isn't a number",
    "size ~ '1.*'": "no regular expression",
    "retired = 1": "isn't a truth",
    "created_timestamp > 1740830400": "isn't a time",
    "created_timestamp > date('2025-03-01')": "number of seconds",
    "core.end > date('yesterday')": "no time",
    "core.a not = 1": "compares nothing",
    "core.a[*] = 1": r"none of \[any\]",
    "exists '$.core'": "core.exists",
}


@pytest.mark.parametrize(("typed", "asked"), READ.items())
def test_a_condition_is_written_as_metacat_reads_it(typed, asked):
    assert normal(typed) == asked


@pytest.mark.parametrize(("typed", "why"), REFUSED.items())
def test_what_is_no_condition_is_refused_and_says_why(typed, why):
    with pytest.raises(QueryError, match=why):
        normal(typed)


@pytest.fixture(scope="module")
def metacat():
    with engine(env.required("POMS_DATABASE_URL")) as engine_:
        yield engine_


@pytest.mark.parametrize("asked", READ.values())
def test_metacat_reads_what_is_written(metacat, asked):
    assert metacat.count(f"files where {asked}") == 0
    assert metacat.count(f"files where (name like '%') and ({asked})") == 0


@given(st.text(alphabet="ab.=<>!~'\"()[]:,#-%& \n10", max_size=25))
def test_whatever_is_typed_is_read_or_refused(typed):
    try:
        asked = normal(typed)
    except QueryError:
        return
    assert normal(asked) == asked or "!(" in asked
    assert asked.count("(") == asked.count(")")
