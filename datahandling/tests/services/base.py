"""What a site is for the tests: a running service, and its own side."""

from abc import ABC, abstractmethod


class OwnSide(ABC):
    """One experiment's service as experimenters and jobs use it: they declare and take files."""

    @abstractmethod
    def declare(self, *names, dataset="raw", made_by=None, parents=(), metadata=None, located=True):
        """Declare files into a dataset (None: into none), in this order.

        ``metadata`` may say ``run_number`` (a number, or ``"7.0001"`` with a subrun), ``end_time``
        (ISO, with a zone), ``version``, ``data_tier``, and keys of the test's own such as ``my.k``.
        """

    @abstractmethod
    def start_project(self, name, query):
        """Start a project over the query's files, as it comes about on this service."""

    @abstractmethod
    def consume(self, project, *names): ...

    @abstractmethod
    def fail(self, project, *names): ...

    @abstractmethod
    def reserve(self, project):
        """Take the project's next file, and say no more of it; return its name."""


class Site(ABC):
    """A service that runs while the ``with`` lasts.

    Attributes:
        shows_unlocated: a question that says nothing of locations gets files without one, too,
            and lineage is followed through them.
        typed_metadata: the number 2 and the text "2" aren't the same.
        condition, conditions: "data_tier raw", and "version v1 and file_name like '%.root'", in the
            service's language.
    """

    shows_unlocated = True
    typed_metadata = True
    condition = "data_tier raw"
    conditions = "version v1 and file_name like '%.root'"

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    @abstractmethod
    def handler(self, experiment): ...

    @abstractmethod
    def own_side(self, experiment): ...
