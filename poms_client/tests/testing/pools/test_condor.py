"""The pool is a real HTCondor, on loopback, that finds its queue again."""

import json
import re
import subprocess

import pytest

from poms_client.tests.fake_poms import until

pytestmark = pytest.mark.real

JOB = """\
executable = /bin/sh
arguments = "-c '{script}'"
output = {folder}/out.$(Process)
+POMS4_SUBMISSION_ID = {submission}
queue {jobs}
"""


def describe(folder, submission, script="true", jobs=1):
    path = folder / f"{submission}.sub"
    path.write_text(JOB.format(folder=folder, submission=submission, script=script, jobs=jobs))
    return str(path)


def ended(pool, submission):
    """What history says of the submission's jobs, without DAG leaders."""
    about = f"POMS4_SUBMISSION_ID == {submission} && JobUniverse != 7"
    return json.loads(pool.run("condor_history", "-constraint", about, "-json").stdout)


def test_jobs_run_and_history_keeps_their_exit_codes(condor, tmp_path):
    condor.run("condor_submit", describe(tmp_path, 101, "poms next --help; exit 3", jobs=2))

    jobs = until(lambda: len(found := ended(condor, 101)) == 2 and found, 40)

    assert [job["ExitCode"] for job in jobs] == [3, 3]
    assert condor.clusters("POMS4_SUBMISSION_ID == 101") == {jobs[0]["ClusterId"]}
    assert jobs[0]["GlobalJobId"].startswith(f"{condor.schedd}#")
    assert "usage: poms next" in (tmp_path / "out.0").read_text()


@pytest.mark.needs("ss", package="iproute2")
def test_everything_listens_on_loopback(condor):
    listening = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True).stdout
    ours = [line.split()[3] for line in listening.splitlines() if '"condor_' in line]

    assert ours
    assert all(re.match(r"127\.0\.0\.1:\d+$", address) for address in ours)


def test_a_pool_that_was_cut_off_finds_its_queue_again(own_condor, tmp_path):
    own_condor.run("condor_submit", describe(tmp_path, 102), "-append", "hold = true")
    own_condor.stop()
    assert own_condor.run("condor_q", "-json", check=False).returncode != 0

    own_condor.start()

    [job] = json.loads(own_condor.run("condor_q", "-json").stdout)
    assert (job["POMS4_SUBMISSION_ID"], job["JobStatus"]) == (102, 5)
