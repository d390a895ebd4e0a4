"""The language of dimensions: what it takes, what it refuses, and what binds tighter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poms_client.testing.sam.errors import DimensionError
from poms_client.testing.sam.grammar import parse
from poms_client.testing.sam.tree import (
    And,
    Availability,
    Definition,
    Not,
    Or,
    Query,
    Range,
    Relation,
    Sets,
    Term,
    Values,
    written,
)


def term(name, *values, operator="="):
    return Term(name, operator, Values(values))


A, B, C, D = (term(name, "1") for name in "abcd")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a 1", A),
        ("a = 1", A),
        ("A 1", term("A", "1")),
        ("a '1'", A),
        ('a "1"', A),
        ("a (1)", A),
        ("a != 1", term("a", "1", operator="!=")),
        ("a<1", term("a", "1", operator="<")),
        ("a >= '2025-03-01T12:00:00'", term("a", "2025-03-01T12:00:00", operator=">=")),
        ("a like x%", term("a", "x%", operator="like")),
        ("a NOT LIKE 'x y%'", term("a", "x y%", operator="not like")),
        ("a in 1, 2", term("a", "1", "2", operator="in")),
        ("a not in (1,2)", term("a", "1", "2", operator="not in")),
        ("a x,'y z',%", term("a", "x", "y z", "%")),
        ("a 1-5", term("a", Range("1", "5"))),
        ("a '1-5'", term("a", "1-5")),
        ("a 1-5, 9", term("a", Range("1", "5"), "9")),
        ("a 'p'-'q'", term("a", Range("p", "q"))),
        ("a x - y", term("a", Range("x", "y"))),
        ("a x-y", term("a", "x-y")),
        ("a 2025-03-01", term("a", "2025-03-01")),
        ("a 2025-03-01-2025-03-31", term("a", Range("2025-03-01", "2025-03-31"))),
        ("a 01-Mar-2025-31-Mar-2025", term("a", Range("01-Mar-2025", "31-Mar-2025"))),
        ("run_number 4321.0007", term("run_number", "4321.0007")),
        ("category.name 1", term("category.name", "1")),
        ("defname:raw", Definition("raw")),
        ("DefName: 'a b'", Definition("a b")),
        ("availability: physical, anylocation", Availability(("physical", "anylocation"))),
        ("isparentof:( a 1 )", Relation("isparentof", Query(A))),
        (
            "ischildof:( isancestorof:(a 1 with limit 2) )",
            Relation("ischildof", Query(Relation("isancestorof", Query(A, limit=2)))),
        ),
        ("not not a 1", Not(Not(A))),
        ("not a 1 and b 1", And((Not(A), B))),
        ("a 1 and b 1 and c 1", And((A, B, C))),
        ("a 1 or b 1 and c 1", Or((A, And((B, C))))),
        ("(a 1 or b 1) and c 1", And((Or((A, B)), C))),
        ("a 1 and (b 1 and c 1)", And((A, And((B, C))))),
        ("((a 1))", A),
        ("a 1 minus b 1 or c 1", Sets(A, (("minus", Or((B, C))),))),
        ("a 1 MINUS b 1 union c 1", Sets(A, (("minus", B), ("union", C)))),
        ("a 1 minus (b 1 intersect c 1)", Sets(A, (("minus", Sets(B, (("intersect", C),))),))),
        ("a 1 minus (b 1 with limit 3)", Sets(A, (("minus", Query(B, limit=3)),))),
    ],
)
def test_a_text_is_this_tree(text, tree):
    assert parse(text) == Query(tree)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("a 1 with limit 3", Query(A, limit=3)),
        ("a 1 with limit 3 offset 6", Query(A, limit=3, offset=6)),
        ("a 1 with stride 4 offset 1", Query(A, stride=4, offset=1)),
        ("a 1 WITH availability anylocation", Query(A, availability=("anylocation",))),
        (
            "a 1 with availability physical,anylocation limit 2",
            Query(A, availability=("physical", "anylocation"), limit=2),
        ),
        ("a 1 minus b 1 with limit 3", Query(Sets(A, (("minus", B),)), limit=3)),
    ],
)
def test_what_stands_after_with_is_about_all_before_it(text, query):
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("", "line 1, column 1", "expected a dimension, not the end"),
        ("a", "line 1, column 2", "expected a value, not the end"),
        ("a 1 b", "line 1, column 5", "unexpected b"),
        ("a 1 and", "line 1, column 8", "expected a dimension, not the end"),
        ("a 1,", "line 1, column 5", "expected a value, not the end"),
        ("a and", "line 1, column 3", "expected a value, not and"),
        ("and 1", "line 1, column 1", "expected a dimension, not and"),
        ("1a 2", "line 1, column 1", "1a is no name of a dimension"),
        ("'a' 1", "line 1, column 1", "expected a dimension, not 'a'"),
        ("(a 1", "line 1, column 5", "expected ), not the end"),
        ("a (1", "line 1, column 5", "expected ), not the end"),
        ("a 1)", "line 1, column 4", "unexpected )"),
        ("a < 1,2", "line 1, column 8", "< takes one value"),
        ("a like 1-2", "line 1, column 11", "like takes one value"),
        ("a not 1", "line 1, column 7", "expected in or like after not"),
        ("file_name: x", "line 1, column 10", "no colon belongs after file_name"),
        ("isparentof: a 1", "line 1, column 13", "expected (, not a"),
        ("isparentof a 1", "line 1, column 14", "unexpected 1"),
        ("a 1 with", "line 1, column 9", "expected availability, limit, offset, stride after with"),
        ("a 1 with limit x", "line 1, column 16", "expected a whole number, not x"),
        ("a 1 with limit 2 limit 3", "line 1, column 18", "limit is given twice"),
        ("a 1 with limit 2 with offset 3", "line 1, column 18", "unexpected with"),
        ("a 1\nand b 'x", "line 2, column 7", 'unexpected character "\'"'),
        ("a 1 ; b 1", "line 1, column 5", "unexpected character ';'"),
        ("a gr\xfcn", "line 1, column 5", "unexpected character '\\xfc'"),
        ("a 'gr\xfcn'", "line 1, column 6", "only ASCII characters can be used"),
        ("(" * 100 + "a 1" + ")" * 100, "line 1, column 61", "nested too deeply"),
    ],
)
def test_a_text_that_makes_no_sense_is_refused_where_it_stops_making_sense(text, where, why):
    with pytest.raises(DimensionError) as refused:
        parse(text)

    assert str(refused.value).startswith(f"Parse error at {where}: {why}\n")


def test_a_parse_error_shows_the_line_and_points_at_the_place():
    with pytest.raises(DimensionError) as refused:
        parse("a 1\nand (b 1 or )")

    assert str(refused.value).split("\n")[1:] == ["and (b 1 or )", "            ^"]


NAMES = st.sampled_from(["file_name", "A", "run_number", "category.some-name", "x+y"])
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12).filter(
    lambda text: "'" not in text or '"' not in text
)
NUMBERS = st.none() | st.integers(0, 999)
WORDS = st.sampled_from([None, ("anylocation",), ("physical", "anylocation")])


@st.composite
def terms(draw):
    operator = draw(st.sampled_from(["=", "!=", "in", "not in", "<", ">=", "like", "not like"]))
    if operator not in ("=", "!=", "in", "not in"):
        return term(draw(NAMES), draw(TEXTS), operator=operator)
    several = st.lists(TEXTS | st.builds(Range, TEXTS, TEXTS), min_size=1, max_size=3)
    return term(draw(NAMES), *draw(several), operator=operator)


@st.composite
def nodes(draw, depth=3):
    kind = draw(st.sampled_from(KINDS)) if depth else draw(st.sampled_from([terms, Definition]))
    if kind is terms:
        return draw(terms())
    if kind is Definition:
        return Definition(draw(TEXTS))
    inner = nodes(depth - 1)
    if kind in (And, Or):
        return kind(tuple(draw(st.lists(inner, min_size=2, max_size=3))))
    if kind is Sets:
        steps = st.tuples(st.sampled_from(["minus", "union", "intersect"]), inner)
        return Sets(draw(inner), tuple(draw(st.lists(steps, min_size=1, max_size=2))))
    if kind is Relation:
        relation = st.sampled_from(["isparentof", "isdescendantof"])
        return Relation(draw(relation), draw(queries(depth - 1)))
    return Not(draw(inner)) if kind is Not else draw(queries(depth - 1).filter(says_something))


@st.composite
def queries(draw, depth=3):
    return Query(draw(nodes(depth)), draw(WORDS), draw(NUMBERS), draw(NUMBERS), draw(NUMBERS))


def says_something(query):
    return query != Query(query.of)


KINDS = [terms, Definition, And, Or, Sets, Relation, Not, Query]


@pytest.mark.property
@given(queries())
def test_a_tree_that_is_written_is_parsed_to_the_same_tree(query):
    assert parse(str(query)) == query


def test_nothing_can_be_written_that_has_both_kinds_of_quotes():
    with pytest.raises(ValueError, match="both kinds of quotes"):
        written("'\"")
