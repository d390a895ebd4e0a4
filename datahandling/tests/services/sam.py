"""SAM: its stand-in serves in this process, and is played from the inside."""

from contextlib import suppress

from datahandling.handlers import handler_for
from datahandling.handlers.sam.rendering import dimensions
from datahandling.runs import parse_run
from datahandling.services import Service
from datahandling.tests.services.base import OwnSide, Site
from poms_client.testing.sam import SamServer, definitions, files, projects
from poms_client.testing.sam.errors import Conflict

DATASET = "poms.dataset"  # a parameter of files; SAM's datasets are queries


class SamSide(OwnSide):
    def __init__(self, store):
        self.store = store

    def declare(self, *names, dataset="raw", made_by=None, parents=(), metadata=None, located=True):
        assert made_by is None, "SAM's files aren't signed"
        for name in names:
            said = {
                "file_name": name,
                "parents": list(parents),
                "locations": [f"file:///{name}"] if located else [],
                **translated(metadata or {}),
            }
            files.declare(self.store, {**said, DATASET: dataset} if dataset else said)
        if dataset:
            self.define(dataset, f"{DATASET} '{dataset}'")

    def define(self, name, dims):
        """Define a dataset as experimenters do, unless there is one of this name."""
        with suppress(Conflict):
            definitions.create(self.store, name, dims, user="someone")

    def start_project(self, name, query):
        self.define(f"{name}_input", dimensions(query))
        projects.start(self.store, name, defname=f"{name}_input")

    def consume(self, project, *names):
        projects.put_status(self.store, project, "consumed", *names)

    def fail(self, project, *names):
        projects.put_status(self.store, project, "failed", *names)

    def reserve(self, project):
        process = projects.establish_process(self.store, project)
        return projects.next_file(self.store, project, process).name


def translated(metadata):
    """Metadata by the names that SAM has for them."""
    said = dict(metadata)
    if "run_number" in said:
        run, subrun = parse_run(said.pop("run_number"))
        said["runs"] = [[run, "test"] if subrun is None else [run, subrun, "test"]]
    if "version" in said:
        said["application"] = {"family": "test", "name": "test", "version": said.pop("version")}
    return said


class SamSite(Site):
    shows_unlocated = False
    typed_metadata = False

    def __enter__(self):
        self.server = SamServer()
        self.server.__enter__()
        return self

    def __exit__(self, *error):
        self.server.__exit__(*error)

    def handler(self, experiment):
        service = Service("sam", experiment, self.server.api(experiment))
        return handler_for("sam", experiment, service)

    def own_side(self, experiment):
        return SamSide(self.server.store(experiment))
