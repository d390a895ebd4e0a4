"""The wrapper is killed at every step: the batch has the cluster whole, or not at all."""

import json
import signal

import pytest

from poms_client.tests.conftest import is_over
from poms_client.tests.fake_poms import until

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("where", ["after-leave", "before-submit"])
def test_killed_before_the_submit_leaves_nothing_and_the_next_attempt_submits(
    run, poms, directory, where
):
    killed = run("submit", "--", "true", POMS_CRASH_AT=where)

    assert killed.returncode == -signal.SIGKILL
    assert directory.clusters() == []
    assert json.loads(run("find", "--tag", 7, "--json").stdout) == {"jobs": []}

    poms.attempts["launch-secret"] = 2
    assert run("submit", "--", "true").returncode == 0
    [cluster] = directory.clusters()
    assert cluster.attempt == 2
    assert until(is_over(cluster))["completed"] == 1


@pytest.mark.parametrize("where", ["after-submit", "after-report"])
def test_killed_after_the_submit_leaves_one_cluster_that_is_found_and_runs(
    run, poms, directory, where
):
    killed = run("submit", "-N", 2, "--", "true", POMS_CRASH_AT=where)

    assert killed.returncode == -signal.SIGKILL
    found = [{"jobsub_job_id": "1@local", "attempt": 1, "jobs": 2}]
    assert json.loads(run("find", "--tag", 7, "--json").stdout) == {"jobs": found}

    poms.attempts["launch-secret"] = 2
    assert run("submit", "--", "true").returncode == 5
    assert run("agent", "local", "--once").returncode == 0  # starts a daemon where none runs
    [cluster] = directory.clusters()
    assert until(is_over(cluster))["completed"] == 2
