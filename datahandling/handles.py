"""A project's handles, one by one, as people look at them."""

from dataclasses import dataclass

NOT_LOCATED = "not_located"  # not a state: no replica of the file was found in time


@dataclass(frozen=True)
class HandleRow:
    """A file's handle. ``None``: the service doesn't keep that.

    ``replicas`` is the number of them that jobs can reach now. ``retry``: it failed, and is offered
    again. ``why`` is what its last failure said.
    """

    file: str
    state: str
    attempts: int | None = None
    worker: str = ""
    replicas: int | None = None
    retry: bool = False
    why: str = ""


@dataclass(frozen=True)
class HandlePage:
    """Some of a project's handles, of ``total`` that were asked for."""

    rows: tuple[HandleRow, ...]
    total: int
