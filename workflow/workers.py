"""A pass by several processes: where Python's one processor is the bound, not the services.

Each claims what it does, so nothing is done twice; together they keep to each service's budget.
What two of them ask, two of them ask: answers are kept by each for itself.
"""

import gc
import multiprocessing
from collections import Counter
from multiprocessing.queues import SimpleQueue

from django.db import connections

from workflow.tasks import run_pass

# A copy of this process has all that it needs; it ends with its pass, whatever becomes of us.
FORK = multiprocessing.get_context("fork")


def run_pass_in(processes: int, *, survive: bool = False) -> dict[str, int]:
    """Do everything that is due in ``processes`` processes; return how many of each task.

    Raises:
        RuntimeError: one of the others failed. It has said why; the rest is done.
    """
    connections.close_all()  # none can be shared
    gc.freeze()  # what there is stays, so that no collection looks at it, or copies its pages
    told: SimpleQueue[dict[str, int]] = FORK.SimpleQueue()
    others = [
        FORK.Process(target=_tell, args=(told, processes, survive), daemon=True)
        for _ in range(processes - 1)
    ]
    for other in others:
        other.start()
    try:
        done = Counter(run_pass(survive=survive, processes=processes))
    except BaseException:
        for other in others:
            other.terminate()
        raise
    for other in others:
        other.join()
    if any(other.exitcode for other in others):
        raise RuntimeError("one of the processes of this pass failed: look at what it has said")
    for _ in others:
        done.update(told.get())
    return dict(done)


def _tell(told: "SimpleQueue[dict[str, int]]", processes: int, survive: bool) -> None:
    told.put(run_pass(survive=survive, processes=processes))
