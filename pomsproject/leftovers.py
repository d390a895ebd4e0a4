"""Homes of temporary servers whose keepers were killed: the keeper of the next one removes them."""

import contextlib
import fcntl
import shutil
import time
from collections.abc import Callable

from pomsproject.embedded import EmbeddedError, Home, lock_file

OLD = 3600.0  # seconds: a new home isn't held yet for a moment


def clear_away(home: Home, stop: Callable[[Home], None]) -> None:
    """Remove the old homes beside this temporary one that nobody holds or keeps.

    :param stop: stops a server that still runs in one.
    """
    kind = home.path.name.partition("-")[0]
    for lock in home.path.parent.glob(f"{kind}-*/keeper.lock"):
        path = lock.parent
        with contextlib.suppress(OSError, EmbeddedError):  # somebody else's, or gone meanwhile
            if path != home.path and path.stat().st_mtime < time.time() - OLD:
                _remove(Home(path, home.account, temporary=True), stop)


def _remove(home: Home, stop: Callable[[Home], None]) -> None:
    with contextlib.ExitStack() as stack:
        for name in ("keeper", "holders"):
            descriptor = stack.enter_context(lock_file(home.path / f"{name}.lock"))
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
        stop(home)
        shutil.rmtree(home.path, ignore_errors=True)
