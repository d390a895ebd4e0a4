"""An experiment on MetaCat and Data Dispatcher: its jobs use the real clients of both."""

from data_dispatcher.api import DataDispatcherClient
from metacat.webapi import MetaCatClient

from campaigns.tests.builders import data_service
from datahandling.dispatcher_models import DispatcherProject
from datahandling.handlers import handler_for
from datahandling.query import Dataset
from datahandling.tests.services.data_dispatcher import OWNER, start_anew
from submissions.snapshots import Policy
from workflow.tasks import run_pass

SCRATCH = "demo:scratch"  # MetaCat has each file in some dataset
VIRTUAL = {"virtual": True}  # files are handed out without a replica


class DispatcherJobs:
    """Plays the jobs of the world's submissions."""

    def __init__(self, world, folder):
        self.world, self.running = world, start_anew("demo")
        metacat, dispatcher = self.running.metacat, self.running.dispatcher
        library = folder / "tokens"
        tokens = [f"{server.url} {server.token(OWNER)}\n" for server in (metacat, dispatcher)]
        library.write_text("".join(tokens))
        world.campaign.data_handler = "data_dispatcher"
        world.campaign.defaults = {"data_dispatcher": VIRTUAL}
        world.campaign.save()
        row = data_service(
            "demo",
            kind="data_dispatcher",
            url=dispatcher.url,
            metacat_url=metacat.url,
            namespace="demo",
            credential="library",
            credential_file=str(library),
        )
        self.handler = handler_for("data_dispatcher", "demo", row.service)
        self.metacat = MetaCatClient(
            metacat.url, token=metacat.token(OWNER), token_library=str(library)
        )
        self.dispatcher = DataDispatcherClient(
            dispatcher.url,
            f"{dispatcher.url}/auth",
            token=dispatcher.token(OWNER),
            token_library=str(library),
            worker_id="worker",
        )
        self.metacat.create_dataset(SCRATCH)

    def dataset(self, name, count, **metadata):
        """Declare ``count`` files into a new dataset; return their names."""
        names = [f"{name}_{number:03d}.root" for number in range(1, count + 1)]
        self.metacat.create_dataset(f"demo:{name}")
        for each in names:  # one by one: MetaCat's order is that of their times
            self.declare(each, f"demo:{name}", metadata=metadata)
        return names

    def declare(self, name, dataset=SCRATCH, parents=(), metadata=None):
        said = {
            "name": name,
            "size": 1,
            "metadata": metadata or {},
            "parents": [{"did": f"demo:{parent}"} for parent in parents],
        }
        self.metacat.declare_files(dataset, [said], namespace="demo")

    def project_id(self, submission):
        submission.refresh_from_db()
        return DispatcherProject.objects.get(name=submission.project).project_id

    def process(self, submission, *, fail=(), childless=(), limit=None):
        """Take the project's files until there is none; each that isn't failed gives an output."""
        project = self.project_id(submission)
        taken = 0
        while (limit is None or taken < limit) and (handle := self._next(project)):
            name, did = handle["name"], f"{handle['namespace']}:{handle['name']}"
            taken += 1
            if name in fail:
                self.dispatcher.file_failed(project, did, retry=False)
                continue
            if name not in childless:
                self.make(submission, f"{name}.{submission.stage.name}", [name])
            self.dispatcher.file_done(project, did)

    def _next(self, project):
        found = self.dispatcher.next_file(project, timeout=0, stagger=0)
        return found if isinstance(found, dict) else None

    def make(self, submission, name, parents=()):
        version = Policy.of(submission.snapshot.content).software_version
        metadata = {"core.application.version": version} if version else {}
        self.declare(name, parents=parents, metadata=metadata)

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
        return self.handler.files(Dataset(dataset))

    def states(self, submission):
        """The states of all handles in the submission's project, by name of the file."""
        project = self.dispatcher.get_project(self.project_id(submission))
        return {one["name"]: one["state"] for one in project["file_handles"]}

    def attributes(self, submission):
        return self.dispatcher.get_project(self.project_id(submission))["attributes"]
