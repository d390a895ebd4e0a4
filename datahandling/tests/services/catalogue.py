"""The embedded catalogue: it runs wherever the tests' database does."""

from datahandling.handlers import handler_for
from datahandling.handlers.catalogue import Catalogue, Declaration, Maker
from datahandling.tests.services.base import OwnSide, Site


class CatalogueSide(OwnSide):
    def __init__(self, experiment):
        self.catalogue = Catalogue(experiment)

    def declare(self, *names, dataset="raw", made_by=None, parents=(), metadata=None, located=True):
        declarations = [
            Declaration(
                name,
                datasets=[dataset] if dataset else [],
                parents=tuple(parents),
                metadata=metadata or {},
                locations=[f"file:///{name}"] if located else [],
            )
            for name in names
        ]
        self.catalogue.declare(declarations, Maker(made_by, stage=1) if made_by else None)

    def start_project(self, name, query):
        self.catalogue.start_project(name, query)

    def consume(self, project, *names):
        self._draw(project, names, self.catalogue.file_done)

    def fail(self, project, *names):
        self._draw(project, names, self.catalogue.file_failed)

    def reserve(self, project):
        return self.catalogue.next_file(project, "worker").name

    def _draw(self, project, names, answer):
        left = set(names)
        while left and (file := self.catalogue.next_file(project, "worker")):
            if file.name in left:
                answer(project, file.name, "worker")
                left.remove(file.name)
            else:
                self.catalogue.file_failed(project, file.name, "worker", retry=True)


class CatalogueSite(Site):
    def handler(self, experiment):
        return handler_for("catalogue", experiment)

    def own_side(self, experiment):
        return CatalogueSide(experiment)
