"""One pass over everything that is due: what `manage.py wrapup_tasks` does (W2-W8, W10)."""

from collections.abc import Callable

from workflow import joins, launching, passes, scheduling, wrapup

# Each does one unit of work and returns False when none is waiting. In this order what one finds
# to do is done by those after it, and by the first ones in the next round.
TASKS: dict[str, Callable[[], bool]] = {
    "schedules": scheduling.tick_next,
    "completed": wrapup.wrap_up_next,
    "passes": passes.walk_next,
    "joins": joins.ripen_next,
    "launches": launching.launch_next,
}


def run_pass(limit: int | None = None) -> dict[str, int]:
    """Do everything that is due, at most ``limit`` units; return how many of each task."""
    done = dict.fromkeys(TASKS, 0)
    left = limit
    while True:
        before = sum(done.values())
        for name, task in TASKS.items():
            while (left is None or left > 0) and task():
                done[name] += 1
                left = None if left is None else left - 1
        if sum(done.values()) == before:
            return done
