"""Submissions of one stage, made in a line."""

import pytest

from campaigns.models import RecoveryStep
from campaigns.tests import builders
from datahandling.handlers.catalogue import Catalogue, Declaration, Maker
from datahandling.query import Dataset
from datahandling.testing import declare_files
from submissions.models import Run, Submission
from submissions.models.submissions import Cause
from submissions.registering import register
from submissions.reports.reading import Report
from submissions.reports.recording import record


class Site:
    """A stage whose submissions nobody launches or wraps up: tests say what becomes of them."""

    def __init__(self):
        self.person = builders.person("prod", "production")
        self.campaign = builders.campaign("mc", self.person)
        self.run = Run.objects.create(campaign=self.campaign, creator=self.person)

    def stage(self, name="reco", recoveries=(), **fields):
        stage = builders.stage(name, self.campaign, **fields)
        for order, kind in enumerate(recoveries):
            RecoveryStep.objects.create(job_type=stage.job_type, order=order, recovery_type=kind)
        return stage

    def submission(self, stage=None, status="New", cause=Cause.PERSON, **fields):
        """Return a submission with this status, as if it had always had it."""
        submission = register(stage or self.stage(), self.run, cause, **fields)
        if status != "New":
            Submission.objects.filter(pk=submission.pk).update(status=status, due_at=None)
            submission.history.update(status=status)
            submission.refresh_from_db()
        return submission

    def over_files(self, count, **fields):
        """Return a running submission over so many files of the embedded catalogue."""
        submission = self.submission(status="Running", **fields)
        project = f"poms_{submission.pk}"
        declare_files("nova", f"raw{submission.pk}", count)
        Catalogue("nova").start_project(project, Dataset(f"raw{submission.pk}"))
        Submission.objects.filter(pk=submission.pk).update(project=project)
        submission.refresh_from_db()
        return submission

    def process(self, submission, *, fail=False, located=True):
        """Have a job take a file: it fails, or has an output. Return the file's name."""
        catalogue = Catalogue("nova")
        file = catalogue.next_file(submission.project, "w").name
        if fail:
            catalogue.file_failed(submission.project, file, "w", why="it is broken")
            return file
        locations = [f"file:///x/{file}.out"] if located else []
        output = Declaration(f"{file}.out", locations=locations, parents=[file])
        catalogue.declare([output], Maker(submission.pk, submission.stage_id, ""))
        catalogue.file_done(submission.project, file, "w")
        return file

    def recovery(self, original, status="New"):
        return self.submission(original.stage, status, Cause.RECOVERY, original=original)


@pytest.fixture
def site(db):
    return Site()


@pytest.fixture
def say():
    """Report of one submission, and return what became of it."""

    def say(submission, status="", source="agent", **said):
        (answer,) = record([Report(submission.pk, status, source=source, **said)])
        submission.refresh_from_db()
        return answer

    return say
