"""What can go wrong, and with which exit code a command says so."""

from __future__ import annotations

from typing import Any


class PomsError(Exception):
    """Something that the reader of the message can do something about."""

    exit_code = 2


class NotConfigured(PomsError):
    """The environment doesn't say what is needed."""


class Refused(PomsError):
    """POMS said no, clearly (4xx); ``content`` is all that it said."""

    exit_code = 3

    def __init__(self, status: int, detail: str, content: Any = None) -> None:
        super().__init__(f"POMS refused ({status}): {detail}")
        self.status = status
        self.detail = detail
        self.content = content


class Unclear(PomsError):
    """No clear answer from POMS: unreachable, out of time, 5xx, or nonsense.

    What was asked may or may not have happened, unless ``reached`` is false. ``wait`` is in
    seconds: the server wants to be left alone so long. ``says_all``: POMS itself said why, and what
    has happened.
    """

    exit_code = 4

    def __init__(
        self, message: str, reached: bool = True, wait: float = 0.0, says_all: bool = False
    ) -> None:
        super().__init__(message)
        self.reached = reached
        self.wait = wait
        self.says_all = says_all


class Duplicate(PomsError):
    """The local batch has a cluster for this submission already."""

    exit_code = 5


class NothingLeft(PomsError):
    """The project has no file left to give."""

    exit_code = 1
