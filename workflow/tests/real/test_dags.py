"""A DAG over ssh on a real HTCondor: one submission, whose jobs are its nodes."""

import pytest

from workflow import controls
from workflow.tests.crash.site import NEEDS as NEEDS_SETPRIV
from workflow.tests.real import laws
from workflow.tests.ssh.sshd import NEEDS

pytestmark = [
    *(pytest.mark.real, pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(300)),
    *(NEEDS, NEEDS_SETPRIV),
]

NODE = """\
executable = {gate}
arguments = node true
environment = "POMS4_SUBMISSION_ID=of-a-dag"
should_transfer_files = YES
log = nodes.log
queue
"""
DAG = """\
JOB A node.sub
JOB B node.sub
JOB C node.sub
PARENT A CHILD B C
"""


@pytest.fixture
def dags(on):
    """A campaign on HTCondor whose one stage submits a DAG of three nodes; they have a gate."""
    campaigns = on("condor")
    home = campaigns.site.sshd.home
    (home / "node.sub").write_text(NODE.format(gate=campaigns.gate))
    (home / "flow.dag").write_text(DAG)
    campaigns.close("node")
    campaigns.campaign = campaigns.make_one("dags", "poms submit --dag flow.dag")
    return campaigns


def test_a_dag_is_held_and_released_from_poms_and_ends_with_its_nodes(dags):
    submission = dags.launch_one(dags.campaign)
    dags.becomes(submission, "Running")

    controls.hold_jobs(submission, dags.person)
    dags.becomes(submission, "Held")
    controls.release_jobs(submission, dags.person)
    dags.becomes(submission, "Running")
    dags.open("node")

    dags.becomes(submission, "Located")
    laws.check(dags.pool, submission, jobs=3, was_held=True)


def test_a_dag_that_is_killed_from_poms_leaves_no_node_behind(dags):
    submission = dags.launch_one(dags.campaign)
    dags.site.until(lambda: dags.pool.states(submission.pk)["running"], 60)

    controls.kill(submission, dags.person)

    dags.becomes(submission, "Removed")
    dags.open("node")
    dags.site.until(lambda: set(dags.pool.states(submission.pk)) == {"removed"}, 30)
    assert dags.pool.clusters(submission.pk) == [submission.jobsub_job_id]
