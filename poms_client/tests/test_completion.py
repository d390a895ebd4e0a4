"""What a shell is offered: commands, options, and names that POMS knows."""

import subprocess

import pytest

from poms_client import cli
from poms_client.people import others
from poms_client.tests.conftest import changed, command


@pytest.fixture
def offered(environment, tmp_path):
    """Ask as bash's completion does, with the words of the command line so far."""

    def _offered(*words, **changes):
        asked = {"_POMS_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(["poms", *words])}
        done = subprocess.run(
            command(),
            env=changed({**asked, "COMP_CWORD": len(words), **changes}),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        return done.stdout.split()

    return _offered


def test_all_commands_are_offered(offered):
    assert {"watch", "kill", "submit", "agent"} <= set(offered(""))


def test_options_are_offered_of_commands_that_take_their_arguments_themselves(offered):
    assert {"--tag", "--since"} <= set(offered("find", "--"))


def test_names_are_offered_that_pomss_campaigns_and_stages_have(offered, poms):
    poms.rows["/campaigns/"] = [{"id": 1, "name": "mc"}, {"id": 2, "name": "data"}]
    poms.rows["/stages/"] = [{"id": 3, "name": "reco"}]

    assert offered("stages", "--campaign", "m") == ["mc"]
    assert offered("launch", "r") == ["reco"]


def test_nothing_is_offered_where_poms_gives_no_answer(offered, poms):
    poms.failing = [500]

    assert offered("launch", "r") == []
    assert offered("launch", "r", POMS_URL="") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script(environment, tmp_path, shell):
    done = subprocess.run(
        command(),
        env=changed({"_POMS_COMPLETE": f"source_{shell}"}),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert f"_POMS_COMPLETE=complete_{shell}" in done.stdout


def test_what_is_run_elsewhere_is_shown_with_the_rest():
    assert set(others.OTHERS) | cli.BOTH == set(cli.VERBS)
