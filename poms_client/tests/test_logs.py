"""How the jobs of a submission ended, and what they said: ``poms jobs`` and ``poms log``."""

import json

import pytest

from poms_client.batch import logs
from poms_client.batch.directory import Order
from poms_client.batch.starting import ensure_daemon
from poms_client.errors import PomsError
from poms_client.tests.conftest import is_over
from poms_client.tests.fake_poms import until

SCRIPT = 'echo "I am $PROCESS"; echo "oh no" >&2; exit $PROCESS'


@pytest.fixture
def cluster(environment, directory, tmp_path):
    """Three jobs of submission 7; the last two fail."""
    argv = ("sh", "-c", SCRIPT)
    cluster = directory.submit(Order(argv, 3, environment, str(tmp_path), submission=7))
    ensure_daemon(directory)
    until(is_over(cluster))
    return cluster


@pytest.fixture
def ask(environment, capsys):
    def ask(verb, *arguments):
        assert verb(["--tag", "7", *arguments]) == 0
        return capsys.readouterr().out

    return ask


def test_failed_jobs_are_listed_with_how_they_ended(cluster, ask):
    rows = json.loads(ask(logs.jobs, "--failed", "--json"))["jobs"]

    assert [(row["job"], row["id"], row["code"]) for row in rows] == [
        (1, "1.1@local", 1),
        (2, "1.2@local", 2),
    ]
    assert len(json.loads(ask(logs.jobs, "--json"))["jobs"]) == 3
    assert len(json.loads(ask(logs.jobs, "--json", "--limit", "1"))["jobs"]) == 1
    assert ask(logs.jobs, "--failed").splitlines()[0].split() == ["1.1@local", "failed", "1"]


def test_a_submission_without_jobs_has_none(ask):
    assert json.loads(ask(logs.jobs, "--json")) == {"jobs": []}


def test_a_log_is_what_the_job_wrote(cluster, ask):
    said = json.loads(ask(logs.log, "--job", "2", "--json"))

    assert said == {"stdout": "I am 2\n", "stderr": "oh no\n"}
    assert "--- stderr\noh no" in ask(logs.log, "--job", "2")


def test_of_a_long_log_the_end_is_shown(cluster, ask):
    (cluster.job(1).path / "stdout").write_text("x" * 200_000 + "the end")

    said = json.loads(ask(logs.log, "--job", "1", "--json"))["stdout"]

    assert said.endswith("the end")
    assert len(said) == logs.END


def test_a_link_in_place_of_a_log_is_not_followed(cluster, ask, tmp_path):
    (tmp_path / "secret").write_text("hush")
    log = cluster.job(1).path / "stdout"
    log.unlink()
    log.symlink_to(tmp_path / "secret")

    assert json.loads(ask(logs.log, "--job", "1", "--json"))["stdout"] is None


@pytest.mark.parametrize("number", ["3", "-1"])
def test_of_a_job_that_never_was_it_says_so(cluster, ask, number):
    with pytest.raises(PomsError, match="it didn't start, or was tidied away"):
        ask(logs.log, "--job", number)


@pytest.mark.parametrize("limit", ["0", "-1", "few"])
def test_at_least_one_job_is_asked_for(ask, limit, capsys):
    with pytest.raises(SystemExit):
        ask(logs.jobs, "--limit", limit)

    assert "is no number from 1 on" in capsys.readouterr().err
