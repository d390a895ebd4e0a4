"""The tutorial, walked command by command: what it shows is what happens."""

import csv
import os
import socket
from pathlib import Path

import pytest

from pomsproject.installation import CHECKOUT
from pomsproject.tests.tutorial import Installation, is_shown, steps_of

TUTORIAL = CHECKOUT / "docs/tutorial/first-campaign.md"
MAKES_FILES = ("make_lhe", "ls var/lhe-files")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def installation(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    running = Installation(tmp_path, port)
    try:
        running.await_it()
        running.save_token()
        yield running
    finally:
        running.stop()


def test_every_command_prints_what_the_tutorial_shows(installation):
    steps = steps_of(TUTORIAL)

    printed, failed = installation.walk([command for command, _ in steps])

    assert not failed
    for (command, promised), said in zip(steps, printed, strict=False):
        if promised:
            assert is_shown(promised, said), (
                f"$ {command}\n{said}\n-- but the tutorial shows\n" + "\n".join(promised)
            )


def test_it_goes_the_same_way_with_real_files(installation, real_files):
    files = installation.folder / "var/lhe-files"
    files.mkdir()
    for path in real_files:
        (files / path.name).symlink_to(path)
    (files / "unreadable.lhe").write_text('<LesHouchesEvents version="3.0">\n<init>\n')
    commands = [command for command, _ in steps_of(TUTORIAL)]

    printed, failed = installation.walk(
        [command for command in commands if not any(word in command for word in MAKES_FILES)]
    )

    assert not failed
    (table,) = installation.folder.glob("var/outputs/*/report-*-table.csv")
    with table.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["file"] for row in rows} == {path.name for path in real_files}
    assert list(table.parent.glob("*.svg"))
    told = [" ".join(line.split()) for line in "".join(printed).splitlines()]
    assert "unreadable.lhe given up" in told
    assert [line for line in told if line.endswith(" given up")] == ["unreadable.lhe given up"]


@pytest.fixture
def real_files():
    named = os.environ.get("POMS_LHE_DIR")
    if not named:
        stop = pytest.fail if os.environ.get("POMS_REQUIRE_ALL") == "1" else pytest.skip
        stop("set POMS_LHE_DIR to a directory of Les Houches event files")
    paths = sorted(Path(named).resolve().glob("*.lhe"))
    assert paths, f"POMS_LHE_DIR={named} has no *.lhe"
    return paths


def test_dots_stand_for_anything_and_nothing_else_does():
    assert is_shown(["a  1 …", "…", "z"], "a 1 b c\nq\nr\nz\n")
    assert not is_shown(["a 1"], "a 2\n")
    assert not is_shown(["a"], "a\nb\n")
