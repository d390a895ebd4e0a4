"""A whole campaign through real batch systems, whose wrappers are killed on the way."""

import os
import sys
from pathlib import Path

import pytest

from poms_client.testing.pools import jobsub
from submissions.models import LaunchAttempt, Submission
from workflow.tests.crash import laws
from workflow.tests.crash.conftest import Campaigns
from workflow.tests.crash.site import NEEDS, POMS, Site

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(300), NEEDS]

VENV = Path(sys.executable).parent
KILLED_ONCE = """
case $POMS4_CAMPAIGN_STAGE_NAME/$POMS_ATTEMPT in
    gen/1) export POMS_CRASH_AT=before-submit ;;
    work/1) export POMS_CRASH_AT=after-submit ;;
    merge/1) export POMS_CRASH_AT=after-leave ;;
esac
"""
AGAIN = {"gen": 2, "work": 1, "merge": 2}  # attempts that a stage's submissions need then


class RealSite(Site):
    """A site whose agent looks at a real batch system; the commands are in ``path``."""

    def __init__(self, folder, agent, path, around):
        self.agent = [POMS, "agent", agent, "--every", "0.5"]
        where = f"{VENV}:{path}:{os.environ['PATH']}"
        super().__init__(folder, {"PATH": where, "POMS_TIME_TO_SUBMIT": "8", **around})

    def start(self, name):
        self.commands["agent"] = self.agent
        super().start(name)


@pytest.fixture
def run_on(transactional_db, settings, tmp_path):
    """Run a campaign on the batch system of this name, to its end; return its submissions."""
    settings.LOCAL_LAUNCHER = True
    sites = []

    def _run_on(system, agent, path, setup="true", around=()):
        sites.append(RealSite(tmp_path, agent, path, dict(around)))
        campaigns = Campaigns(sites[-1])
        lines = f"export PATH={path}:$PATH POMS_BATCH_SYSTEM={system}; {setup}"
        run = campaigns.launch(campaigns.make(setup=" ".join(lines.split())))
        sites[-1].until(campaigns.are_over, 120.0)
        laws.check_run(run)
        return list(Submission.objects.filter(run=run))

    yield _run_on
    for site in sites:
        site.stop()


@pytest.mark.crash
def test_wrappers_killed_on_htcondor_leave_one_cluster_for_each_submission(run_on, own_condor):
    submissions = run_on("condor", "condor", own_condor.path, KILLED_ONCE, own_condor.bindings)

    for submission in submissions:
        found = own_condor.clusters(f"POMS4_SUBMISSION_ID == {submission.pk}")
        assert [f"{cluster}@{own_condor.schedd}" for cluster in found] == [submission.jobsub_job_id]
        attempts = LaunchAttempt.objects.filter(submission=submission).count()
        assert attempts == AGAIN[submission.stage.name]


def test_a_campaign_runs_through_jobsub(run_on, own_condor):
    path = f"{jobsub.install(own_condor)}:{own_condor.path}"
    named = f"export POMS_CONDOR_SCHEDDS={own_condor.schedd}"

    submissions = run_on("jobsub", "condor", path, named, own_condor.bindings)

    assert all(row.jobsub_job_id.endswith(f"@{own_condor.schedd}") for row in submissions)


def test_a_campaign_runs_through_slurm(run_on, slurm):
    submissions = run_on("slurm", "slurm", slurm.path)

    assert all(row.jobsub_job_id.endswith(f"@{slurm.cluster}") for row in submissions)
