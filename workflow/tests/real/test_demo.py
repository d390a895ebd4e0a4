"""The demo campaign over ssh, through real batch systems; its jobs are controlled from POMS."""

from collections import Counter

import pytest

from datahandling.handlers.catalogue import Catalogue
from submissions.models import Submission
from workflow import controls
from workflow.models import LeftBehind
from workflow.runs import State, state_of
from workflow.tests.crash.site import NEEDS as NEEDS_SETPRIV
from workflow.tests.real.campaigns import PATIENCE
from workflow.tests.ssh.sshd import NEEDS

pytestmark = [
    *(pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(400)),
    *(NEEDS, NEEDS_SETPRIV),
]

SUBMISSIONS = Counter(
    {
        ("gen", "person"): 1,
        ("sim", "slice"): 3,
        ("sim", "recovery"): 3,
        ("reco", "dependency"): 3,
        ("merge", "join"): 1,
        ("plots", "dependency"): 1,
    }
)
LONG = pytest.mark.long


@pytest.mark.parametrize(
    "system", ["condor", pytest.param("jobsub", marks=LONG), pytest.param("slurm", marks=LONG)]
)
def test_the_demo_runs_its_jobs_held_released_evicted_failed_and_killed(on, system):
    campaigns = on(system)
    campaign = campaigns.make_demo()
    campaigns.close("gen")
    gen = campaigns.launch_one(campaign)
    campaigns.becomes(gen, "Running")

    controls.hold_jobs(gen, campaigns.person)
    campaigns.becomes(gen, "Held")
    controls.release_jobs(gen, campaigns.person)
    campaigns.becomes(gen, "Running")
    evict(campaigns, gen)
    unwanted = campaigns.launch_one(campaign)
    campaigns.becomes(unwanted, "Idle", "Running")
    controls.kill(unwanted, campaigns.person)
    campaigns.open("gen")

    campaigns.site.until(campaigns.are_over, PATIENCE)
    check(campaigns, gen.run)
    check_removed(campaigns.pool, unwanted)


def evict(campaigns, submission):
    """Throw its jobs off their machines; they start again, on Slurm after two minutes."""
    campaigns.pool.evict(submission.pk)
    campaigns.site.until(lambda: max(campaigns.pool.starts(submission.pk)) > 1, PATIENCE)
    campaigns.becomes(submission, "Running")


def check(campaigns, run):
    """All went as the demo's story says, and as the batch system has it."""
    assert state_of(run).state == State.DONE, state_of(run)
    found = list(Submission.objects.filter(run=run).select_related("stage"))
    assert Counter((row.stage.name, row.cause) for row in found) == SUBMISSIONS
    for row in found:
        assert campaigns.pool.states(row.pk).total() == row.jobs_submitted, row
        assert campaigns.pool.clusters(row.pk) == [row.jobsub_job_id]
        if row.cause == "slice":
            assert (row.jobs["completed"], row.jobs["failed"]) == (3, 1), row
    [merge] = [row for row in found if row.stage.name == "merge"]
    assert Catalogue("demo").project(merge.project).files == 11
    [given_up] = LeftBehind.objects.all()
    assert given_up.kind == "given up"
    assert given_up.file.endswith("-11.jsonl.gz")


def check_removed(pool, submission):
    submission.refresh_from_db()
    assert (submission.status, submission.jobs_submitted) == ("Removed", 12)
    assert pool.clusters(submission.pk) == [submission.jobsub_job_id]
    [state] = pool.states(submission.pk)
    assert state.startswith(("removed", "cancelled"))
