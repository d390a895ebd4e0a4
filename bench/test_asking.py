"""What a pass adds to the time that a data service needs for its answers: less than a fifth.

1,000 completed submissions of an experiment in SAM, which takes 50 ms for each answer: each
question is asked once, at most 16 at a time.
"""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.utils import timezone

from bench.history import copies
from bench.ruler import analyse, seconds
from bench.slow_sam import INPUTS
from campaigns.models import DataService
from submissions.models import Submission
from submissions.statuses import Actor, Status
from workflow import background
from workflow.requesting import Wish, request_launch
from workflow.workers import run_pass_in

SUBMISSIONS, AT_ONCE = 1_000, 16
PROCESSES = os.cpu_count() or 1
FEW = INPUTS // 2


@pytest.fixture
def sam():
    """Start a slow SAM; return a function that starts it, where so many inputs have children."""
    started = []

    def start(have):
        command = [sys.executable, str(Path(__file__).with_name("slow_sam.py")), str(have)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return f"http://127.0.0.1:{int(process.stdout.readline())}"

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def completed(history):
    """Submissions of the demo's second stage in SAM, each with a project of its own."""

    def make(url, count):
        DataService.objects.create(
            kind="sam", experiment=history.campaign.experiment, url=url, at_once=AT_ONCE
        )
        history.campaign.data_handler = "sam"
        history.campaign.save()
        stage = history.campaign.stages.get(name="sim")
        stage.outgoing.all().delete()  # only the questions are measured, not the launches
        submission = request_launch(stage, Wish(who=history.person, dataset="input"))
        for status in (Status.IDLE, Status.COMPLETED):
            submission.move_to(status, actor=Actor.AGENT)
        these = [submission.pk, *copies(submission, count - 1)]
        for number, key in enumerate(these):
            Submission.objects.filter(pk=key).update(
                project=f"project_{number}", due_at=timezone.now()
            )
        analyse()
        return Submission.objects.filter(pk__in=these)

    return make


def processor_time():
    """Return the seconds that this process, and those that it waited for, had of a processor."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


@pytest.mark.parametrize("processes", [1, PROCESSES], ids=["by one process", "by several"])
@pytest.mark.parametrize("have", [FEW, INPUTS], ids=["that wait", "that are finished"])
def test_a_pass_takes_little_more_time_than_the_service(
    completed, sam, have, processes, monkeypatch
):
    monkeypatch.setattr(background, "look_around", lambda asking, do: None)  # no figures for people
    url = sam(have)
    these = completed(url, SUBMISSIONS)

    began = processor_time()
    taken = seconds(partial(run_pass_in, processes))
    own = processor_time() - began

    with urlopen(f"{url}/asked") as answer:
        seen = json.load(answer)
    service = seen["seconds"] / AT_ONCE
    more, each = 100 * (taken / service - 1), 1000 * own / seen["requests"]
    print(f"\n{SUBMISSIONS:,} submissions, {processes} processes, {seen['requests']:,} questions:")
    print(f"{service:.1f} s of the service's time; the pass took {taken:.1f} s, {more:.0f} % more;")
    print(f"{own:.1f} s of a processor, {each:.1f} ms a question")
    ends = Status.LOCATED if have == INPUTS else Status.COMPLETED
    assert these.filter(status=ends).count() == SUBMISSIONS
    assert not seen["twice"]
    assert seen["most_at_once"] <= AT_ONCE
