"""From the end of a stage's last job to the start of the next stage's first: at most 2 seconds.

Measured on what `make run` starts: web server, workflow loop, agent and batch; a launch script and
a wrapper for each submission. The batch's own files say when each job began and ended.
"""

import os
import socket
import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import pytest
from django.db import connection

from campaigns.agents import agent_named, write_new_token
from campaigns.models import (
    Campaign,
    CampaignDependency,
    CampaignStage,
    Experiment,
    Experimenter,
    JobType,
    LoginSetup,
)
from poms_client.batch.directory import BatchDirectory
from poms_client.batch.files import read
from pomsproject.installation import environment_with, settings_for
from pomsproject.running import await_web, start_parts
from submissions.models import Submission
from workflow.requesting import Wish, request_campaign_launch

STAGES = 11
LIMIT = 2.0
PATIENCE = 300.0
JOB = Path(__file__).with_name("relay.sh")


@pytest.fixture
def poms(transactional_db, tmp_path):
    """The parts of `make run`; gives the batch's directory."""
    with socket.create_server(("127.0.0.1", 0)) as trial:
        port = trial.getsockname()[1]
    session = urlsplit(os.environ["POMS_DATABASE_URL"])
    database = session._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    installed = settings_for(tmp_path, port, database)
    write_new_token(agent_named("local"), Path(installed["POMS_TOKEN_FILE"]))
    with ExitStack() as stack:
        parts = start_parts(port, tmp_path, environment_with(installed), stack)
        await_web(port, parts[0])
        yield BatchDirectory(Path(installed["POMS_BATCH_DIR"]))


@pytest.fixture
def relay(transactional_db):
    """A campaign in which each stage feeds the next."""
    common = {
        "experiment": Experiment.objects.create(name="bench"),
        "creator": Experimenter.objects.create_user("bench"),
    }
    campaign = Campaign.objects.create(name="relay", **common)
    stage = {
        "campaign": campaign,
        "creator": common["creator"],
        "job_type": JobType.objects.create(
            name="relay", launch_script=f"poms submit -- sh {JOB}", **common
        ),
        "login_setup": LoginSetup.objects.create(name="here", launcher="local", **common),
    }
    stages = [CampaignStage.objects.create(name="s0", stage_type="generator", **stage)]
    stages += [CampaignStage.objects.create(name=f"s{n}", **stage) for n in range(1, STAGES)]
    for upstream, downstream in pairwise(stages):
        CampaignDependency.objects.create(upstream=upstream, downstream=downstream)
    return campaign


def test_a_dependent_starts_within_two_seconds(poms, relay):
    run = request_campaign_launch(relay, Wish(who=relay.creator))[0].run
    await_end_of(run)

    times = sorted(job_times(poms))
    waits = sorted(began - ended for (_, ended), (began, _) in pairwise(times))

    print(f"\nlast job's end → next stage's job, {len(waits)} times: ", end="")
    print(f"median {median(waits):.2f} s, longest {waits[-1]:.2f} s")
    assert len(waits) == STAGES - 1
    assert median(waits) <= LIMIT


def await_end_of(run):
    deadline = time.monotonic() + PATIENCE
    over = Submission.objects.filter(run=run, finished_at__isnull=False)
    while over.count() < STAGES:
        states = Submission.objects.filter(run=run).values_list("stage__name", "status")
        assert time.monotonic() < deadline, f"the relay doesn't come to its end: {list(states)}"
        time.sleep(0.5)


def job_times(batch):
    """Return when each job of the batch began and ended."""
    for path in batch.root.glob("clusters/*/jobs/*"):
        yield read(path / "start.json")["at"], read(path / "exit.json")["ended"]
