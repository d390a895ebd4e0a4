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
