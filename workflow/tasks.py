"""One pass over everything that is due: what `manage.py wrapup_tasks` does (W2-W8, W10)."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError

from submissions import statistics
from workflow import joins, launching, passes, scheduling, wrapup

log = logging.getLogger("poms.workflow")

# Each does one unit of work and returns False when none is waiting. In this order what one finds
# to do is done by those after it, and by the first ones in the next round.
TASKS: dict[str, Callable[[], bool]] = {
    "schedules": scheduling.tick_next,
    "completed": wrapup.wrap_up_next,
    "passes": passes.walk_next,
    "joins": joins.ripen_next,
    "launches": launching.launch_next,
    "statistics": statistics.refresh_some,  # last: decisions come first
}


def run_pass(limit: int | None = None, *, survive: bool = False) -> dict[str, int]:
    """Do everything that is due, at most ``limit`` units; return how many of each task.

    To ``survive`` means: a unit that fails as nobody foresaw is logged and left to a later look,
    so that the rest is done.
    """
    done = dict.fromkeys(TASKS, 0)
    left = limit
    while True:
        before = sum(done.values())
        for name in TASKS:
            while (left is None or left > 0) and _one(name, survive):
                done[name] += 1
                left = None if left is None else left - 1
        if sum(done.values()) == before:
            return done


def _one(name: str, survive: bool) -> bool:
    """Do one unit of a task. What failed stays claimed until its lease runs out."""
    try:
        return TASKS[name]()
    except (InterfaceError, OperationalError):
        raise  # nothing can be done without the database
    except Exception:
        if not survive:
            raise
        log.exception("a unit of the task %s failed; it is looked at again later", name)
        return True
