"""What a data service may answer other than what was asked for."""

from datahandling.query import QueryError


class Unknown(Exception):
    """Somebody outside gave no clear answer: out of reach, out of time, broken, or nonsense."""


class TooMuch(Unknown):
    """It would take longer than somebody waits for it; asking again doesn't help."""


class NoSuchName(QueryError):
    """A dataset, snapshot, project or file of this name doesn't exist in the experiment."""


class NoFreeFiles(QueryError):
    """Of a project that others made or share no file is left for this submission."""


class DatasetConflict(Exception):
    """There is a dataset of this name already, and it says something else."""
