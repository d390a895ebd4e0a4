"""The part of GraphQL that LENS's stand-in reads."""

import pytest

from poms_client.testing.lens.graphql import Field, SyntaxProblem, parse


def test_fields_have_aliases_arguments_and_selections():
    text = """{
        s0: submission(pomsTaskID: 1234) { id done SAM_PROJECT: env(name: "SAM_PROJECT") }
        submissions(group: "nova", to: "now") { id }  # two at once
    }"""

    first, second = parse(text)

    env = Field("env", "SAM_PROJECT", {"name": "SAM_PROJECT"})
    inside = (Field("id", "id"), Field("done", "done"), env)
    assert first == Field("submission", "s0", {"pomsTaskID": 1234}, inside)
    assert second.arguments == {"group": "nova", "to": "now"}


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("12", 12),
        ("-1", -1),
        ("true", True),
        ("false", False),
        ("null", None),
        ('""', ""),
        (r'"a \"quoted\" \\ word"', 'a "quoted" \\ word'),
        (r'"é"', "é"),
    ],
)
def test_arguments_are_numbers_words_and_strings(said, value):
    (field,) = parse("{f(x:" + said + ")}")

    assert field.arguments == {"x": value}


@pytest.mark.parametrize(
    "text", ["{a}", "query{a}", "query Q {a}", "{a,}", "\ufeff{ a }", "{#note\na}"]
)
def test_an_anonymous_query_may_be_written_in_several_ways(text):
    assert parse(text) == (Field("a", "a"),)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "{}", "{a", "}", "{a}}", "{a(}", "{a()}", "{a(x)}", "{a(x:)}", "{a(x:$v)}"),
        *("{a(x:1.5)}", "{a(x:01)}", '{a(x:"open)}', "{a{}}", "{1}", "{a:}", "{a(x:word)}"),
        *("mutation{a}", "{...F}", "{a @skip}", r'{a(x:"\q")}', "{" + "a{" * 50 + "b" + "}" * 51),
    ],
)
def test_what_is_no_query_is_refused(text):
    with pytest.raises(SyntaxProblem):
        parse(text)


def test_a_mistake_has_its_place():
    with pytest.raises(SyntaxProblem, match=r"expected a name, found \}, at line 2, column 3"):
        parse("{a\n {}}")
