"""A campaign by the local launcher through a real HTCondor, its wrappers killed on the way."""

import pytest

from submissions.models import LaunchAttempt, Submission
from workflow.tests.crash import laws
from workflow.tests.crash.conftest import Campaigns
from workflow.tests.crash.site import NEEDS, Site
from workflow.tests.real.pools import Condor

pytestmark = [
    *(pytest.mark.real, pytest.mark.crash, pytest.mark.slow, pytest.mark.long),
    *(pytest.mark.timeout(300), NEEDS),
]

KILLED_ONCE = """
case $POMS4_CAMPAIGN_STAGE_NAME/$POMS_ATTEMPT in
    gen/1) export POMS_CRASH_AT=before-submit ;;
    work/1) export POMS_CRASH_AT=after-submit ;;
    merge/1) export POMS_CRASH_AT=after-leave ;;
esac
"""
AGAIN = {"gen": 2, "work": 1, "merge": 2}  # attempts that a stage's submissions need then


@pytest.fixture
def campaigns(transactional_db, settings, tmp_path, own_condor):
    settings.LOCAL_LAUNCHER = True
    pool = Condor(own_condor)
    site = Site(tmp_path, **pool.site)
    campaigns = Campaigns(site)
    campaigns.pool = pool
    yield campaigns
    site.stop()


def test_killed_wrappers_leave_one_cluster_for_each_submission(campaigns):
    setup = f"export PATH={campaigns.pool.path}:$PATH POMS_BATCH_SYSTEM=condor; {KILLED_ONCE}"
    run = campaigns.launch(campaigns.make(setup=" ".join(setup.split())))
    campaigns.site.until(campaigns.are_over, 120.0)

    laws.check_run(run)
    for submission in Submission.objects.filter(run=run):
        assert campaigns.pool.clusters(submission.pk) == [submission.jobsub_job_id]
        attempts = LaunchAttempt.objects.filter(submission=submission).count()
        assert attempts == AGAIN[submission.stage.name]
