"""The demo experiment, with as much history as is asked for."""

import pytest
from django.utils import timezone

from bench.history import copies
from bench.ruler import analyse
from campaigns.models import Experimenter
from submissions.models import Submission
from submissions.statuses import Actor, Status
from workflow import demo
from workflow.requesting import Wish, request_launch


class History:
    """Submissions of the demo's first stage: one that went through everything, and its copies."""

    def __init__(self, settings):
        settings.DEMO_PASSWORD, settings.LOCAL_LAUNCHER = "bench", True
        self.campaign = demo.make()
        self.person = Experimenter.objects.get(username="producer")
        self.stage = self.campaign.stages.get(name="gen")
        self.finished = self._finished()
        self.made = 1

    def _finished(self):
        submission = self.launch()
        for status in (Status.IDLE, Status.RUNNING, Status.COMPLETED):
            submission.move_to(status, actor=Actor.AGENT, source="bench")
        submission.move_to(Status.LOCATED, actor=Actor.WORKFLOW)
        about = {"about": "completion", "conclusion": "12 located files of 12 jobs, 12 are needed"}
        submission.decisions.create(
            **about, first_at=submission.created, last_at=submission.created
        )
        Submission.objects.filter(pk=submission.pk).update(
            finished_at=timezone.now(), due_at=None, jobsub_job_id="1@local"
        )
        return submission

    def launch(self):
        return request_launch(self.stage, Wish(who=self.person))

    def grow(self, total):
        """Have ``total`` finished submissions in all."""
        copies(self.finished, total - self.made)
        self.made = total
        analyse()

    def in_batch(self, count, status=Status.IDLE):
        """Return the ids of ``count`` new submissions whose jobs are in the batch."""
        submission = self.launch()
        submission.move_to(Status.IDLE, actor=Actor.WORKFLOW)
        keys = copies(submission, count)
        Submission.objects.filter(pk__in=[submission.pk, *keys]).update(status=status, due_at=None)
        analyse()
        return keys


@pytest.fixture
def history(transactional_db, settings):
    return History(settings)
