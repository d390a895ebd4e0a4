"""The launchers, by the name that a login setup gives."""

from submissions.launchers.base import (
    CannotAbort,
    CannotStart,
    FailedJob,
    Found,
    Launcher,
    ScriptState,
    ScriptStatus,
)
from submissions.launchers.local import LocalLauncher
from submissions.launchers.ssh import SshLauncher
from submissions.models import Submission

__all__ = [
    "LAUNCHERS",
    "CannotAbort",
    "CannotStart",
    "FailedJob",
    "Found",
    "Launcher",
    "ScriptState",
    "ScriptStatus",
    "launcher_of",
]

LAUNCHERS: dict[str, type[Launcher]] = {"local": LocalLauncher, "ssh": SshLauncher}


def launcher_of(submission: Submission) -> Launcher:
    """Return what launches a submission, as its login setup was then. Raises CannotStart."""
    name = submission.snapshot.content["login_setup"]["launcher"]
    try:
        return LAUNCHERS[name].of(submission)
    except KeyError:
        raise CannotStart(
            f"no launcher is called {name!r}; there is {', '.join(LAUNCHERS)}"
        ) from None
