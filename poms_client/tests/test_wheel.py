"""The package as people install it: alone, without Django, on the oldest Python that is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import poms_client

pytestmark = pytest.mark.slow

HERE = Path(poms_client.__file__).parent
IMPORT_ALL = """
import importlib, pathlib, poms_client
top = pathlib.Path(poms_client.__file__).parent
for path in sorted(top.rglob("*.py")):
    name = path.relative_to(top.parent).with_suffix("").as_posix().replace("/", ".")
    if not name.startswith("poms_client.testing"):
        importlib.import_module(name)
print("imported")
"""


@pytest.fixture(scope="module", params=[sys.executable, "python3.9"])
def installed(request, tmp_path_factory):
    """Return the folder of programs of an environment with nothing but this package."""
    folder = tmp_path_factory.mktemp("wheel")
    made = said_by(request.param, "-m", "venv", "--without-pip", folder / "venv")
    if made.returncode and request.param != sys.executable:
        pytest.skip("no python3.9 runs here; Debian has no package of it")
    built = said_by(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    there = folder / "venv/bin"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", there / "python"]
    done = said_by(*pip, "install", "--no-compile", "--prefer-binary", wheel)
    assert done.returncode == 0, done.stderr
    return there


def said_by(*command, **more):
    clean = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
    try:
        return subprocess.run(
            [*map(str, command)],
            cwd=HERE if "hatchling" in command else "/",  # where nothing of ours is found
            env={**clean, **more},
            capture_output=True,
            text=True,
            timeout=110,
        )
    except FileNotFoundError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def test_every_module_is_there_and_needs_nothing_more(installed):
    assert said_by(installed / "python", "-c", "import django").returncode != 0
    done = said_by(installed / "python", "-c", IMPORT_ALL)
    assert done.stdout == "imported\n", done.stderr


def test_the_commands_run(installed):
    shown = said_by(installed / "poms", "--help")
    assert "watch" in shown.stdout, shown.stderr
    assert said_by(installed / "poms", "next", "--help").returncode == 0
    assert said_by(installed / "jobsub_submit", "--help").returncode == 0


def test_shells_are_offered_what_there_is(installed):
    asked = {"_POMS_COMPLETE": "complete_bash", "COMP_WORDS": "poms wa", "COMP_CWORD": "1"}
    assert said_by(installed / "poms", **asked).stdout.split() == ["watch"]
    asked = {"_POMS_COMPLETE": "complete_bash", "COMP_WORDS": "poms find --si", "COMP_CWORD": "2"}
    assert said_by(installed / "poms", **asked).stdout.split() == ["--since"]
