"""One pass over everything that is due: what `manage.py wrapup_tasks` does (W2-W8, W10)."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import InterfaceError, OperationalError

from datahandling.caching import keeping_answers
from workflow import background, joins, launching, passes, scheduling, wrapup
from workflow.asking import Asking
from workflow.units import Unit

log = logging.getLogger("poms.workflow")

# In this order what one finds to do is done by those after it, and by the first ones in the next
# round.
TASKS: dict[str, Unit[Any]] = {
    "schedules": scheduling.tick_next,
    "completed": wrapup.wrap_up_next,
    "passes": passes.walk_next,
    "joins": joins.ripen_next,
    "launches": launching.launch_next,
}


def run_pass(limit: int | None = None, *, survive: bool = False) -> dict[str, int]:
    """Do everything that is due, at most ``limit`` units; return how many of each task.

    To ``survive`` means: a unit that fails as nobody foresaw is logged and left to a later look,
    so that the rest is done.
    """
    done = dict.fromkeys(TASKS, 0)
    left = limit
    with keeping_answers(), Asking() as asking:
        while True:
            before = sum(done.values())
            for name, task in TASKS.items():
                while (left is None or left > 0) and _begin(asking, name, task, survive):
                    done[name] += 1
                    left = None if left is None else left - 1
            if sum(done.values()) == before and not asking.wait():
                break
        if left is None or left > 0:
            background.look_around(asking, partial(_do, survive=survive))
    return done


def _begin(asking: Asking, name: str, task: Unit[Any], survive: bool) -> bool:
    """Do one unit of a task, or have it done; return False when none can be begun now."""
    row = task.claim(but=asking.full)
    if row is not None:
        asking.do(task.asks(row), partial(_do, name, task.do, row, survive))
    return row is not None


def _do(name: str, work: Callable[[Any], None], row: Any, survive: bool) -> None:
    """Do a unit. What failed stays claimed until its lease runs out."""
    try:
        work(row)
    except (InterfaceError, OperationalError):
        raise  # nothing can be done without the database
    except Exception:
        if not survive:
            raise
        log.exception("a unit of the task %s failed; it is looked at again later", name)
