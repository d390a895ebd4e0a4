import pytest

from poms_client.batch import files
from poms_client.tests.conftest import is_over
from poms_client.tests.fake_poms import until

TYPICAL = (
    *("-G", "fermilab", "--role", "Production", "--memory", "2000MB", "--disk=10GB"),
    *("--expected-lifetime", "8h", "-l", "+FIFE=1", "-l", "+X=2", "--no-singularity", "--onsite"),
)


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "probe.sh"
    path.write_text('#!/bin/sh\necho "$0 $1 $2 $MODE $KIND $PROCESS"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def jobsub(run):
    return lambda *arguments, **changes: run(*arguments, program="jobsub_submit", **changes)


def test_a_usual_command_line_runs_its_script_here(jobsub, script, directory):
    done = jobsub(
        *TYPICAL, "-N", 2, "-e", "MODE=x", "-e", "KIND", f"file://{script}", "a", "-N", KIND="mc"
    )

    assert done.returncode == 0, done.stderr
    assert "Use job id 1.0@local to retrieve output" in done.stdout
    [cluster] = directory.clusters()
    assert until(is_over(cluster))["completed"] == 2
    assert (cluster.job(1).path / "stdout").read_text() == f"{script} a -N x mc 1\n"


def test_options_without_a_meaning_here_are_written_down(jobsub, script, directory):
    jobsub(*TYPICAL, f"file://{script}")

    options = files.read(directory.clusters()[0].path / "cluster.json")["options"]
    assert options["group"] == ["fermilab"]
    assert options["lines"] == ["+FIFE=1", "+X=2"]
    assert options["onsite"] is True


def test_the_name_of_the_project_is_reported(jobsub, script, poms):
    jobsub("--project-name", "nova_prod_7", f"file://{script}")

    assert poms.reports[0]["project"] == "nova_prod_7"


def test_variables_that_the_launch_adds_reach_the_jobs(jobsub, script, directory):
    extra = {"JOBSUB_EXTRA_ENVIRONMENT": "MODE,KIND", "MODE": "m", "KIND": "k"}
    jobsub(f"file://{script}", **extra)
    cluster = directory.clusters()[0]
    until(is_over(cluster))

    assert " m k 0" in (cluster.job(0).path / "stdout").read_text()


def test_a_script_that_is_not_executable_runs_in_a_shell(jobsub, script, directory):
    script.chmod(0o644)
    jobsub(f"file://{script}")

    assert until(is_over(directory.clusters()[0]))["completed"] == 1


@pytest.mark.parametrize("option", ["--dag", "--dataset-definition", "--dataset"])
def test_what_the_local_batch_can_not_do_is_refused(jobsub, script, directory, option):
    done = jobsub(option, "x", f"file://{script}")

    assert done.returncode == 2
    assert "real jobsub" in done.stderr
    assert directory.clusters() == []


def test_nothing_is_submitted_when_that_is_asked_for(jobsub, script, poms, directory):
    assert jobsub("-n", f"file://{script}").returncode == 0
    assert directory.clusters() == []
    assert not poms.requests


def test_a_script_that_is_not_there_is_refused(jobsub, directory):
    done = jobsub("file:///no/such/script")

    assert done.returncode == 2
    assert "/no/such/script" in done.stderr
