"""The launchers, by the name that a login setup gives."""

from submissions.launchers.base import (
    CannotStart,
    FailedJob,
    Found,
    Launcher,
    ScriptState,
    ScriptStatus,
)
from submissions.launchers.local import LocalLauncher

__all__ = [
    "LAUNCHERS",
    "CannotStart",
    "FailedJob",
    "Found",
    "Launcher",
    "ScriptState",
    "ScriptStatus",
    "launcher_for",
]

LAUNCHERS: dict[str, type[Launcher]] = {"local": LocalLauncher}


def launcher_for(name: str) -> Launcher:
    """Return the launcher of this name. Raises CannotStart where there is none."""
    try:
        return LAUNCHERS[name]()
    except KeyError:
        raise CannotStart(
            f"no launcher is called {name!r}; there is {', '.join(LAUNCHERS)}"
        ) from None
