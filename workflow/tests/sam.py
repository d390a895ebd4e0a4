"""An experiment whose files are in SAM: what its jobs do there, and what POMS hears of it."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from campaigns.tests.builders import data_service
from datahandling.tests.services.sam import SamSide
from poms_client.testing.sam import definitions, files, projects
from submissions.models import Submission
from submissions.reports.reading import Report
from submissions.reports.recording import record
from submissions.snapshots import Policy
from workflow.tasks import run_pass


class SamJobs:
    """Plays the jobs of the world's submissions: they start their projects themselves."""

    def __init__(self, world, server):
        world.campaign.data_handler = "sam"
        world.campaign.save()
        data_service("demo", url=server.api("demo"))
        self.world, self.server = world, server
        self.side = SamSide(server.store("demo"))
        self.store = self.side.store

    def dataset(self, name, count):
        """Define a dataset of ``count`` new files; return their names."""
        names = [f"{name}_{number:03d}.root" for number in range(1, count + 1)]
        self.side.declare(*names, dataset=name)
        return names

    def start_project(self, submission):
        """Start the submission's project over its input, and have the wrapper report it."""
        submission.refresh_from_db()
        project = f"demo_{submission.pk}_{submission.attempt}"
        projects.start(self.store, project, defname=submission.dataset)
        record([Report(submission.pk, project=project, source="wrapper")])
        submission.refresh_from_db()
        return project

    def process(self, submission, *, fail=(), childless=(), located=True, suffixes=("",)):
        """Take every file of the project; each that isn't failed gives an output per suffix."""
        project = self.start_project(submission)
        process = projects.establish_process(self.store, project)
        while name := projects.next_file(self.store, project, process).name:
            if name in fail:
                projects.tell(self.store, project, process, name, "skipped")
                continue
            for suffix in suffixes if name not in childless else ():
                output = f"{name}.{submission.stage.name}{suffix}"
                self.make(submission, output, [name], located)
            projects.tell(self.store, project, process, name, "consumed")
        projects.end_process(self.store, project, process)
        projects.end(self.store, project)

    def make(self, submission, name, parents=(), located=True, dataset=None):
        version = Policy.of(submission.snapshot.content).software_version
        self.side.declare(
            name,
            dataset=dataset,
            parents=parents,
            located=located,
            metadata={"version": version} if version else {},
        )

    def locate(self, *names):
        for name in names:
            files.relocate(self.store, name, [f"file:///{name}"], [])

    def generate(self, submission, count):
        """Have jobs without input make files, and define the dataset of them, as they must."""
        names = [f"{submission.stage.name}_{submission.pk}_{number}" for number in range(count)]
        for name in names:
            self.make(submission, name, dataset=f"made_by_{submission.pk}")
        self.side.define(f"poms_depends_{submission.pk}_1", f"defname: made_by_{submission.pk}")
        self.world.say(submission, "Running", submitted=count)
        self.world.say(submission, "Completed")
        return names

    def finish(self, submission, **how):
        self.process(submission, **how)
        self.world.say(submission, "Completed")

    def completed(self, stage, **how):
        """Launch a stage, and return its submission once its jobs are over."""
        submission = self.world.launch(stage)
        run_pass()
        self.finish(submission, **how)
        return submission

    def files(self, dataset):
        return self.store.names(f"defname: {dataset}")

    def dims(self, dataset):
        return definitions.find(self.store, dataset)["dims"]

    def asked(self, words):
        """The requests in which SAM was asked something with these words."""
        return [request for request in self.server.faults.log if words in request.target]

    @property
    def mishaps(self):
        return [request for request in self.server.faults.log if request.fault]


def look_again():
    """Make every submission due."""
    Submission.objects.update(due_at=Submission.objects.earliest("created").created)
    run_pass()


def look_again_later(hours=1):
    """The same some time from now: a service that was left alone is asked again."""
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        look_again()
