"""Rounds on a real HTCondor in which parts of a launch over ssh are killed at any moment (W9).

``POMS_CRASH_ROUNDS`` says how many rounds there are; ``make test-real`` has 50.
"""

import os
import random
from collections import Counter

import pytest

from workflow.tests.crash.site import NEEDS as NEEDS_SETPRIV
from workflow.tests.crash.site import attempt_of, kill
from workflow.tests.real import laws
from workflow.tests.ssh.sshd import NEEDS

ROUNDS = int(os.environ.get("POMS_CRASH_ROUNDS", "3"))
pytestmark = [
    *(pytest.mark.real, pytest.mark.crash, pytest.mark.slow),
    *(pytest.mark.timeout(120 + 120 * ROUNDS), NEEDS, NEEDS_SETPRIV),
]

PAUSE = 0.8  # seconds, at most, between seeing a victim and killing it
TIME_FOR_A_VICTIM = 20.0  # seconds; launches have ended then
LAST_ATTEMPT = 8  # a launch that is lost so often is given up, as it should be
JOBS = 2


def wrappers(site):
    return [pid for pid in site.wrappers() if 0 < attempt_of(pid) < LAST_ATTEMPT]


VICTIMS = {
    "agent": lambda site: site.parts("agent"),
    "launcher": lambda site: site.launchers(),
    "loop": lambda site: site.parts("loop"),
    "wrapper": wrappers,
}


def test_each_submission_is_submitted_once_whatever_is_killed(on):
    campaigns = on("condor")
    campaign = campaigns.make_one("rounds", f"poms submit -N {JOBS} -- true")
    chance = random.Random(ROUNDS)
    kills, launched = Counter(), []
    for _ in range(ROUNDS):
        launched.append(campaigns.launch_one(campaign))
        for kind in chance.sample(sorted(VICTIMS), chance.randint(1, len(VICTIMS))):
            kills[kind] += kill_one(campaigns.site, VICTIMS[kind], launched[-1], chance)
        campaigns.becomes(launched[-1], "Located")
        laws.check(campaigns.pool, launched[-1], JOBS)

    for submission in launched:  # nothing came later
        laws.check(campaigns.pool, submission, JOBS)
    attempts = Counter(submission.attempt for submission in launched)
    print(f"{ROUNDS} rounds, killed: {dict(kills)}; attempts: {dict(attempts)}")
    assert kills.total() >= ROUNDS // 2, kills


def kill_one(site, find, submission, chance):
    """Kill one of its kind at some moment after one is there; tell whether it was there still."""
    moment, choice = chance.uniform(0.0, PAUSE), chance.random()
    site.wait_for(lambda: find(site) or is_submitted(submission), TIME_FOR_A_VICTIM)
    site.wait_for(lambda: False, moment)
    victims = sorted(find(site))
    return bool(victims) and kill(victims[int(choice * len(victims))])


def is_submitted(submission):
    submission.refresh_from_db()
    return bool(submission.jobsub_job_id)
