"""A small experiment, and a batch system that does what the test says."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from campaigns.models import (
    Campaign,
    CampaignDependency,
    CampaignStage,
    Experiment,
    Experimenter,
    JobType,
    LoginSetup,
    RecoveryStep,
)
from datahandling.base import Unknown
from datahandling.handlers import HANDLERS
from datahandling.handlers.catalogue import Catalogue, Declaration, Maker
from datahandling.query import Dataset
from datahandling.testing import declare_files
from submissions.launchers import LAUNCHERS, Found, Launcher, ScriptState, ScriptStatus
from submissions.models import Submission
from submissions.reports.reading import Report
from submissions.reports.recording import record
from submissions.snapshots import Policy
from workflow.requesting import Wish, request_campaign_launch, request_launch
from workflow.tasks import run_pass


class ByHand(Launcher):
    """A launcher whose scripts submit at once, and whose batch the test plays."""

    batch: dict[int, int] = {}

    def start(self, folder):
        submission = int(folder.parent.name)
        self.batch[submission] = self.batch.get(submission, 0) + 1
        record([Report(submission, "Idle", jobsub_job_id=f"{submission}@hand", source="wrapper")])

    def status(self, folder):
        return ScriptStatus(ScriptState.ENDED, 0)

    def find_jobs(self, submission):
        return Found(f"{submission}@hand", 1) if submission in self.batch else None

    def control(self, act, submission):
        return ""


@pytest.fixture
def short_folder():
    """A folder whose path leaves room for the name of a socket: that of a worker wouldn't."""
    with tempfile.TemporaryDirectory(prefix="poms", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def batch(monkeypatch):
    monkeypatch.setitem(LAUNCHERS, "local", ByHand)
    ByHand.batch = {}
    return ByHand.batch


class World:
    """Makes campaigns in one line, and plays the jobs of their submissions."""

    def __init__(self):
        self.experiment = Experiment.objects.create(name="demo", title="Demo")
        self.person = Experimenter.objects.create_user("prod", password="x")
        common = {"experiment": self.experiment, "creator": self.person}
        self.campaign = Campaign.objects.create(name="mc", **common)
        self.login = LoginSetup.objects.create(name="here", launcher="local", **common)
        self.catalogue = Catalogue("demo")
        self._number = 0

    def stage(self, name, *, after=None, pattern="%", recoveries=(), patterns="%", **fields):
        job_type = JobType.objects.create(
            experiment=self.experiment,
            creator=self.person,
            name=name,
            launch_script="poms submit",
            output_file_patterns=patterns,
        )
        for order, kind in enumerate(recoveries):
            RecoveryStep.objects.create(
                job_type=job_type,
                order=order,
                recovery_type=kind,
                param_overrides=[["--memory=", "4000"]],
            )
        stage = CampaignStage.objects.create(
            campaign=self.campaign,
            name=name,
            job_type=job_type,
            login_setup=self.login,
            creator=self.person,
            **fields,
        )
        for parent in after or ():
            self.feed(parent, stage, pattern)
        return stage

    def feed(self, upstream, downstream, pattern="%"):
        return CampaignDependency.objects.create(
            upstream=upstream, downstream=downstream, file_pattern=pattern
        )

    def next_slice(self, upstream, downstream):
        return CampaignDependency.objects.create(
            upstream=upstream, downstream=downstream, kind="next_slice"
        )

    def dataset(self, name, count):
        return declare_files("demo", name, count)

    # what jobs do

    def process(self, submission, *, fail=(), located=True):
        """Run the jobs of a submission over its project: each input gives one output."""
        submission.refresh_from_db()
        worker = f"w{submission.pk}"
        while (file := self.catalogue.next_file(submission.project, worker)) is not None:
            if file.name in fail:
                self.catalogue.file_failed(submission.project, file.name, worker)
                continue
            self.make(
                submission,
                f"{file.name}.{submission.stage.name}",
                parents=[file.name],
                located=located,
            )
            self.catalogue.file_done(submission.project, file.name, worker)

    def make(self, submission, name, parents=(), located=True):
        version = Policy.of(submission.snapshot.content).software_version
        locations = [f"file:///x/{name}"] if located else []
        self.catalogue.declare(
            [Declaration(name, size=1, locations=locations, parents=tuple(parents))],
            Maker(submission.pk, submission.stage_id, version),
        )

    def generate(self, submission, count):
        for number in range(count):
            self.make(submission, f"{submission.stage.name}_{submission.pk}_{number}")
        self.say(submission, "Running", submitted=count)

    def say(self, submission, status, pct=None, **jobs):
        return record(
            [
                Report(
                    submission.pk,
                    status,
                    pct_complete=pct,
                    jobs=jobs,
                    source="agent",
                    observed_at=timezone.now(),
                )
            ]
        )[0]

    def finish(self, submission, **how):
        self.process(submission, **how)
        self.say(submission, "Completed")

    def play(self, fail=()):
        """Run everything until nothing moves; every job fails the files named in ``fail``."""
        for _ in range(100):
            run_pass()
            waiting = Submission.objects.filter(status="Idle").order_by("pk")
            if not waiting:
                return
            for submission in waiting:
                if submission.project:
                    self.finish(submission, fail=fail)
                else:
                    self.say(submission, "Completed")
        raise AssertionError("it never comes to rest")

    # what tests ask

    def launch(self, stage=None, **wish):
        """Request a launch of the campaign, or of one stage; return its first submission."""
        wish = Wish(who=self.person, **wish)
        if stage is None:
            return request_campaign_launch(self.campaign, wish)[0]
        return request_launch(stage, wish)

    def of(self, stage, **where):
        """Return the submissions of a stage, the first one first."""
        return list(Submission.objects.filter(stage=stage, **where).order_by("pk"))

    def only(self, stage, **where):
        [submission] = self.of(stage, **where)
        return submission

    def completed(self, stage, files=2, **how):
        """Return a submission of a stage with a dataset, or a generator, whose jobs are over."""
        submission = self.launch(stage)
        run_pass()
        if submission.dataset:
            self.finish(submission, **how)
        else:
            self.generate(submission, files)
            self.say(submission, "Completed")
        submission.refresh_from_db()
        return submission

    def files(self, dataset):
        return self.catalogue.files(Dataset(dataset))

    def status(self, submission):
        submission.refresh_from_db()
        return submission.status

    def conclusion(self, submission):
        """Return what was last concluded about it."""
        return submission.decisions.order_by("last_at", "pk").last().conclusion


@pytest.fixture
def world(db, batch, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return World()


@pytest.fixture
def clock():
    """A clock that stands still; ``clock.shift(timedelta(…))`` moves it on."""
    with time_machine.travel(datetime(2025, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        yield clock


class Moody(Catalogue):
    """The catalogue, out of reach whenever a test says so."""

    reachable = True

    def count(self, query):
        if not self.reachable:
            raise Unknown("the catalogue is out of reach")
        return super().count(query)


@pytest.fixture
def service(monkeypatch):
    """The data service; ``service.reachable = False`` has it give no clear answer."""
    monkeypatch.setitem(HANDLERS, "catalogue", Moody)
    monkeypatch.setattr(Moody, "reachable", True)
    return Moody
