"""One pass over everything that is due: what `manage.py wrapup_tasks` does (W2-W8, W10)."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from datahandling.caching import keeping_answers
from workflow import background, joins, launching, outages, passes, scheduling, wrapup
from workflow.asking import Asking
from workflow.units import Unit

log = logging.getLogger("poms.workflow")

LONG = timedelta(seconds=20)  # of a pass: what waits for output is looked at again meanwhile

# In this order what one finds to do is done by those after it, and by the first ones in the next
# round.
TASKS: dict[str, Unit[Any]] = {
    "schedules": scheduling.tick_next,
    "completed": wrapup.wrap_up_next,
    "passes": passes.walk_next,
    "joins": joins.ripen_next,
    "launches": launching.launch_next,
}


def run_pass(
    limit: int | None = None, *, survive: bool = False, processes: int = 1
) -> dict[str, int]:
    """Do everything that is due, at most ``limit`` units; return how many of each task.

    To ``survive`` means: a unit that fails as nobody foresaw is logged and left to a later look,
    so that the rest is done. ``processes``: as many do this at the same time, see ``workers``.
    """
    done = dict.fromkeys(TASKS, 0)
    left = limit
    outages.look()
    began = timezone.now()
    with keeping_answers(), Asking(processes) as asking:
        while asking.wait():
            outages.look()
            if timezone.now() > began + LONG:
                began = timezone.now()  # as if another one
            for name, task in TASKS.items():
                while begun := _begin(asking, name, task, began, left, survive):
                    done[name] += begun
                    left = None if left is None else left - begun
        if left is None or left > 0:
            background.look_around(asking, partial(_do, survive=survive))
    return done


def _begin(
    asking: Asking,
    name: str,
    task: Unit[Any],
    pass_began: datetime,
    limit: int | None,
    survive: bool,
) -> int:
    """Do a unit of a task, or have as many done as their service takes; return how many."""
    but = asking.full
    while limit != 0 and (asked := task.next_asked(but, pass_began)):
        room = asking.room(asked)
        rows = task.claim_some(asked, room if limit is None else min(room, limit), pass_began)
        for row in rows:
            asking.do(asked, partial(_do, name, task.do, row, survive))
        if rows:
            return len(rows)
        but = [*but, asked]  # somebody else took them meanwhile
    return 0


def _do(name: str, work: Callable[[Any], None], row: Any, survive: bool) -> None:
    """Do a unit. What failed stays claimed until its lease runs out.

    It may have waited for its service so long that somebody else has it now.
    """
    try:
        if row.renew(settings.LEASE):
            work(row)
    except (InterfaceError, OperationalError):
        raise  # nothing can be done without the database
    except Exception:
        if not survive:
            raise
        log.exception("a unit of the task %s failed; it is looked at again later", name)
