"""The docs can't rot: what there is has its paragraph, and links lead somewhere."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import load_command_class
from django.core.management.base import BaseCommand
from django.urls import URLPattern, get_resolver

from campaigns.documents import keys
from campaigns.exchange import reading
from campaigns.models import campaigns as stages
from campaigns.models.setups import LauncherName
from campaigns.recoveries import RECOVERY_TYPES
from campaigns.splits import SPLITS, Split, parsing
from campaigns.splits.parsing import usage
from datahandling import environments
from datahandling.handlers import HANDLERS
from datahandling.query import HANDLE_STATES
from poms_client import cli, people
from pomsproject.installation import CHECKOUT
from submissions.figures import FIGURES
from submissions.launching import places, script
from submissions.models.submissions import Cause
from submissions.statuses import TRANSITIONS, Actor, ShownStatus, Status
from workflow.models import LeftBehindAs

DOCS = CHECKOUT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([*DOCS.glob("**/*.md"), *CHECKOUT.glob("*.md")])
APPS = ("campaigns", "submissions", "workflow")

CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
# How a setting is read: ``env.text("NAME"`` in the server, ``config.number("NAME"`` elsewhere.
READ = re.compile(r'(?:env|config)\.(?:text|flag|seconds|words|path|required|number)\(\s*"(\w+)"')


def text_of(page):
    return (REFERENCE / page).read_text()


def cells(page):
    """Return the rows of all tables of a page, as lists of cells."""
    lines = text_of(page).splitlines()
    rows = [line.strip("|").split(" | ") for line in lines if line.startswith("| ")]
    return [[cell.strip().replace("&#124;", "|") for cell in row] for row in rows]


def described(page):
    """Return what has a row or a heading of its own: the code in the first cell, or the heading."""
    headings = [line for line in text_of(page).splitlines() if line.startswith("#")]
    return {
        word for first in [row[0] for row in cells(page)] + headings for word in CODE.findall(first)
    }


def lacking(wanted, page):
    return sorted(set(wanted) - described(page))


# Reference: everything has its paragraph


def test_every_setting_has_a_paragraph():
    read = {
        name
        for path in (CHECKOUT / "pomsproject").glob("*.py")
        for name in READ.findall(path.read_text())
    }

    assert "POMS_SECRET_KEY" in read
    assert lacking(read, "settings.md") == []


def test_every_variable_that_the_client_reads_has_a_paragraph():
    named = r'(?:os\.environ\.get|config\.\w+)\(\s*"(\w+)"'
    read = {
        name
        for path in (CHECKOUT / "poms_client").glob("**/*.py")
        if "tests" not in path.parts
        for name in re.findall(named, path.read_text())
        if name.startswith(("POMS", "JOBSUB"))
    }
    there = described("environment.md") | described("settings.md") | {"POMS_TOKEN"}

    assert "POMS_BATCH_SLOTS" in read
    assert read - there == set()


def test_every_variable_of_a_launch_and_its_jobs_has_a_paragraph():
    runner = import_module("poms_client.batch.runner")
    source = "".join(map(inspect.getsource, (script, places, environments)))
    names = {
        node.value
        for text in (source, inspect.getsource(runner.main))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and re.fullmatch(r"_?[A-Z][A-Z0-9_]+", str(node.value))
    }

    assert {"POMS4_SUBMISSION_ID", "POMS_JOB_TOKEN_FILE", "JOBSUBJOBID"} <= names
    assert {"METACAT_SERVER_URL", "SAM_EXPERIMENT", "POMS_DATA_DISPATCHER_TASK_ID"} <= names
    assert lacking(names, "environment.md") == []


@pytest.mark.parametrize(
    "names",
    [
        [usage(split) for split in SPLITS.values()],
        RECOVERY_TYPES,
        HANDLERS,
        LauncherName.values,
        stages.StageType.values,
        stages.CompletionType.values,
        stages.ReleaseAt.values,
        stages.WhenFailed.values,
        stages.EdgeKind.values,
        Cause.values,
    ],
    ids=lambda names: next(iter(names)),
)
def test_every_kind_has_a_paragraph(names):
    assert lacking(names, "kinds.md") == []


def test_every_status_has_a_paragraph():
    assert lacking([*Status.values, *ShownStatus.values, *HANDLE_STATES], "statuses.md") == []
    assert set(LeftBehindAs.values) <= set(CODE.findall(text_of("statuses.md")))


def test_every_figure_has_a_paragraph():
    keys = {figure.key for table in FIGURES.values() for figure in table}

    assert lacking(keys, "figures.md") == []


def test_the_table_of_transitions_is_the_one_in_force():
    said = {
        (source, target): actors
        for source, targets, actors in (row for row in cells("statuses.md") if len(row) == 3)
        for source in CODE.findall(source)
        for target in CODE.findall(targets)
    }
    in_force = {
        (str(source), str(target)): ", ".join(actor.value for actor in Actor if actor in actors)
        for source, targets in TRANSITIONS.items()
        for target, actors in targets.items()
        if source != target
    }

    assert said == in_force


def commands():
    for app in APPS:
        for path in sorted((CHECKOUT / app / "management/commands").glob("[a-z]*.py")):
            yield app, path.stem


def options_of(command):
    parser = command.create_parser("manage.py", "x")
    return {option for action in parser._actions for option in action.option_strings}


@pytest.mark.parametrize(("app", "name"), list(commands()))
def test_every_command_and_option_of_manage_has_a_paragraph(app, name):
    command = load_command_class(app, name)
    (section,) = [
        part
        for part in re.split(r"^###? ", text_of("commands.md"), flags=re.MULTILINE)
        if part.startswith(f"`manage.py {name}")
    ]

    of_its_own = options_of(command) - options_of(BaseCommand())
    assert of_its_own == set(re.findall(r"^\| `(--[\w-]+)`", section, re.MULTILINE))


def test_every_command_of_poms_has_a_paragraph():
    of_people = {
        command.name or command.callback.__name__ for command in people.app.registered_commands
    }

    assert of_people
    wanted = {f"poms {verb}" for verb in {*cli.VERBS, *of_people}}
    assert lacking(wanted | {"jobsub_submit"}, "commands.md") == []


def test_every_target_of_make_has_a_paragraph():
    makefile = (CHECKOUT / "Makefile").read_text()
    targets = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)

    assert "run" in targets
    assert lacking({f"make {target}" for target in targets}, "commands.md") == []


def endpoints(patterns, prefix=""):
    """Yield ``METHOD /path/`` of everything below the API's address."""
    for pattern in patterns:
        path = prefix + re.sub(r"\(\?P<\w+>[^)]*\)|<[^>]*>", "{}", str(pattern.pattern)).strip("^$")
        if not isinstance(pattern, URLPattern):
            yield from endpoints(pattern.url_patterns, path)
            continue
        actions = getattr(pattern.callback, "actions", None)
        view = pattern.callback.cls
        methods = actions or [name for name in ("get", "post", "delete") if hasattr(view, name)]
        for method in methods:
            if method != "head":
                yield f"{method.upper()} /{path}"


def test_the_endpoints_of_the_api_are_those_described():
    api = get_resolver("pomsproject.api")
    there = set(endpoints(api.url_patterns))
    said = {
        re.sub(r"\{\w+\}", "{}", words)
        for words in described("api.md")
        if re.match(r"(GET|POST|DELETE) /", words)
    }
    handled = "POST /projects/{}/{}/"
    assert handled in there

    assert said == there - {handled} | {
        f"POST /projects/{{}}/{act}/" for act in ("next", "done", "failed")
    }


@pytest.mark.parametrize("kind", list(keys.OF_SECTION))
def test_every_key_of_a_campaign_file_has_a_paragraph(kind):
    assert lacking([key.name for key in keys.OF_SECTION[kind]], "campaign-file.md") == []


def test_every_section_of_a_campaign_file_has_a_paragraph():
    sections = " ".join(
        line for line in text_of("campaign-file.md").splitlines() if line[:2] == "##"
    )

    assert [kind for kind in reading.KINDS if f"[{kind}" not in sections] == []
    assert lacking([f"{key.name}_N" for key in keys.EDGE], "campaign-file.md") == []


# Links and examples


def anchors_of(page):
    """Return the anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {word.strip().replace(" ", "-") for word in words}


@pytest.mark.parametrize("source", PAGES, ids=lambda source: str(source.relative_to(CHECKOUT)))
def test_every_link_leads_somewhere(source):
    for link in LINK.findall(FENCED.sub("", source.read_text())):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (source.parent / path).resolve() if path else source
        assert target.exists(), f"{link}: there is no {target}"
        if anchor:
            assert anchor in anchors_of(target), f"{link}: no such heading in {target.name}"


def test_every_page_is_reached_from_the_readme():
    reached, waiting = set(), [CHECKOUT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        paths = [link.partition("#")[0] for link in LINK.findall(page.read_text())]
        waiting += [
            target
            for path in paths
            if path and (target := (page.parent / path).resolve()).is_file()
        ]

    assert sorted(page for page in DOCS.glob("**/*.md") if page not in reached) == []


def test_every_decision_is_listed():
    index = (DOCS / "adr/README.md").read_text()

    for page in (DOCS / "adr").glob("0*.md"):
        number, title = re.match(r"# (\d{4})\. (.*)", page.read_text()).groups()
        assert page.name.startswith(f"{number}-")
        assert f"| [{number}]({page.name}) | {title} |" in index


def test_the_example_of_a_new_split_type_is_one():
    page = (DOCS / "howto/add-a-split-type.md").read_text()
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    names = {
        **vars(import_module("campaigns.splits.base")),
        "Metadata": import_module("datahandling.query").Metadata,
    }

    exec(compile(code, page, "exec"), names)

    made = parsing.parse("bydetector(3)", {"bydetector": names["ByDetector"]})
    assert isinstance(made, Split)
    assert str(made) == "bydetector(3)"


def test_the_sentences_that_a_page_quotes_are_those_that_are_kept():
    """Names, numbers and times differ from case to case; the words between them don't."""
    paths = [*CHECKOUT.glob("workflow/*.py"), *CHECKOUT.glob("submissions/launchers/*.py")]
    sources = "\n".join(path.read_text() for path in paths)
    kept = " ".join(re.sub(r'"\s+f?"|\{[^{}]*\}', "", sources).split())
    page = (DOCS / "howto/find-out-why-it-waits.md").read_text()
    quoted = re.findall(
        r"^\| (?:launch|completion|recovery|release): (.*?) \| ", page, re.MULTILINE
    )

    assert len(quoted) > 10
    for sentence in quoted:
        words = re.split(r"…|\d+|: |[A-Z]\w+(?=:|$)", sentence)
        for part in filter(None, (word.strip() for word in words)):
            assert part in kept, f"nothing says {part!r} of {sentence!r}"


def test_nothing_names_a_place_outside_the_checkout():
    for page in PAGES:
        for link in LINK.findall(page.read_text()):
            if not link.startswith("http"):
                assert (
                    (page.parent / Path(link.partition("#")[0])).resolve().is_relative_to(CHECKOUT)
                )
