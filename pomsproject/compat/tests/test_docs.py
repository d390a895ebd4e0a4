"""The page about the endpoints of the old system says what there is, and what each reads."""

import ast
import re
from pathlib import Path

from pomsproject.compat import table
from pomsproject.compat.table import ENDPOINTS, INSTEAD
from pomsproject.installation import CHECKOUT

PAGE = CHECKOUT / "docs/reference/compatibility.md"
SOURCES = [path for path in Path(table.__file__).parent.glob("*.py") if path.stem != "table"]
CODE = re.compile(r"`([^`]+)`")


def rows():
    """Return the cells of each row that begins with an endpoint."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def described():
    """Return the endpoints' rows by name: whether it changes, and the rest."""
    return {CODE.match(first)[1]: ("(changes)" in first, " ".join(rest)) for first, *rest in rows()}


def test_every_endpoint_has_its_row_and_every_row_its_endpoint():
    there = {endpoint.name for endpoint in ENDPOINTS} | INSTEAD.keys()

    assert described().keys() == there


def test_the_page_says_which_of_them_change_something():
    said = {name for name, (changes, _) in described().items() if changes}

    assert said == {endpoint.name for endpoint in ENDPOINTS if endpoint.changes}


def test_it_says_what_to_use_instead_of_what_is_gone():
    page = described()

    assert {name: page[name][1] for name in INSTEAD} == INSTEAD


def arguments_read():
    """Return the names that the endpoints ask their calls for, and those in their tables."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            asked = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if asked and isinstance(node.func.value, ast.Name) and node.func.value.id == "call":
                yield from (word.value for word in node.args if isinstance(word, ast.Constant))
            if isinstance(node, ast.AnnAssign) and "Table" in ast.unparse(node.annotation):
                yield from (key.value for key in getattr(node.value, "keys", ()))


def test_every_argument_that_is_read_is_described():
    read = {name for name in arguments_read() if isinstance(name, str) and "__" not in name}
    words = set(re.findall(r"\w+", PAGE.read_text()))

    assert {"campaign_stage_id", "ae_launch_host", "cs_split_type", "tdays"} <= read
    assert sorted(read - words) == []


def test_every_argument_that_is_described_is_read():
    sources = "\n".join(path.read_text() for path in SOURCES)
    literals = set(re.findall(r'"(\w+)"', sources))
    said = {
        word
        for first, arguments, *_ in (row for row in rows() if len(row) > 2)
        for word in re.findall(r"`(\w+)`", arguments)
    }

    assert "ae_depends" in said
    assert sorted(said - literals) == []
