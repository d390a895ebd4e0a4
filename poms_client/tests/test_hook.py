import subprocess

import pytest

OUTSIDE = {"POMS_LAUNCH_TOKEN_FILE": None, "POMS4_SUBMISSION_ID": None, "POMS_PROJECT": None}


def shell(lines, *then):
    script = f"{lines}\n" + "\n".join(then)
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True)


def test_a_shell_learns_how_its_jobs_are_tagged(run, poms):
    done = run("hook", "--stage", "31", **OUTSIDE)

    assert done.returncode == 0, done.stderr
    said = shell(done.stdout, "echo $JOBSUB_EXTRA_LINES; echo $JOBSUB_EXTRA_ENVIRONMENT").stdout
    assert said.splitlines() == [
        "+POMS4_SUBMISSION_ID=4711,+POMS_TASK_ID=4711",
        "POMS4_SUBMISSION_ID,POMS_TASK_ID,POMS_URL",
    ]
    assert poms.requests["POST /submissions/"] == 1


@pytest.mark.parametrize("away", [{"POMS_URL": "http://127.0.0.1:9"}, {}])
def test_a_shell_that_could_not_register_is_kept_from_submitting(run, away):
    stage = ("--stage", "31") if away else ()

    done = run("hook", *stage, **OUTSIDE, **away)

    assert done.returncode == (4 if away else 2)
    after = shell(done.stdout, "jobsub_submit file://job.sh")
    assert after.returncode == done.returncode
    assert "POMS_UNTRACKED=1" in after.stderr


def test_a_launch_is_told_to_use_the_shim(run):
    done = run("hook")

    assert done.returncode == 2
    assert "use its jobsub_submit" in done.stderr


def test_the_job_id_is_reported_as_poms_knows_it(run, poms):
    done = run("job-info", "12.0@jobsub01.test.local", "['jobsub_submit', '-N', '2']")

    assert done.returncode == 0, done.stderr
    report = poms.last_report(7)
    assert (report["status"], report["jobsub_job_id"]) == ("New", "12@jobsub01.test.local")


def test_what_is_no_job_id_is_not_reported(run, poms):
    assert run("job-info", "none").returncode == 2
    assert poms.reports == []


@pytest.fixture
def jobsub(tmp_path, monkeypatch):
    """A jobsub_submit in PATH that says that it was called."""
    (tmp_path / "bin").mkdir()
    real = tmp_path / "bin" / "jobsub_submit"
    real.write_text("#!/bin/sh\necho submitted\n")
    real.chmod(0o755)
    monkeypatch.setenv("PATH", str(real.parent), prepend=":")


def test_a_shell_that_registers_after_a_failure_may_submit(run, jobsub):
    failed = run("hook", "--stage", "31", POMS_URL="http://127.0.0.1:9", **OUTSIDE)
    worked = run("hook", "--stage", "31", **OUTSIDE)

    assert shell(failed.stdout + worked.stdout, "jobsub_submit y").stdout == "submitted\n"


def test_a_shells_own_function_stays_what_it_is(run, jobsub):
    worked = run("hook", "--stage", "31", **OUTSIDE)

    said = shell("jobsub_submit() { echo mine; }", worked.stdout, "jobsub_submit y")

    assert said.stdout == "mine\n"


def test_a_token_that_may_not_report_leaves_that_to_the_agent(run, poms):
    poms.failing = [403]

    done = run("job-info", "12.0@jobsub01.test.local")

    assert done.returncode == 0
    assert "the agent that watches the batch system will tell it" in done.stderr
