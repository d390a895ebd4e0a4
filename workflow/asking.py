"""The threads of a pass: each data service has its own few, so that none waits for another's.

What asks no service outside is done at once, by whoever asks for it. Units that ask one are done
by that service's group: half as many again at a time as the site allows questions, since a unit
also thinks; whichever asks has one of the service's slots.
"""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import cached_property, partial
from math import ceil
from types import TracebackType
from typing import Self

from django.db import connection

from campaigns.models import DataService
from datahandling.http.budget import Slots
from workflow.units import Asked

Job = Callable[[], object]
LOOK_AGAIN = 0.5  # seconds: something else may be due while a service is being waited for
AHEAD = 8  # jobs taken on for each slot: claiming some at a time costs little more than one
THREADS = 1.5  # for each slot


class Group:
    """Threads that take turns with ``size`` slots of a service, and a few jobs that wait for them.

    ``tell`` is called when it is idle, or has room for many.
    """

    def __init__(self, name: str, size: int, tell: Callable[[], None]) -> None:
        self.name, self.size, self._tell = name, size, tell
        self._slots = Slots(size)
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.open = 0  # jobs that wait or are being done
        self.errors: list[BaseException] = []

    @property
    def is_busy(self) -> bool:
        with self._lock:  # whoever isn't any more has told so
            return self.open > 0

    @property
    def room(self) -> int:
        """How many jobs it takes on now: many at a time, or none."""
        return 0 if self.open > self._half else 2 * self._half - self.open

    @property
    def _half(self) -> int:
        return AHEAD * self.size // 2

    def do(self, job: Job) -> None:
        with self._lock:
            self.open += 1
            one_more = len(self._threads) < min(self.open, ceil(THREADS * self.size))
        self._jobs.put(partial(copy_context().run, job))
        if one_more:
            thread = threading.Thread(target=self._work, name=self.name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                try:
                    with self._slots.in_common():
                        job()
                except BaseException as error:  # noqa: BLE001 - raised where the pass is
                    self.errors.append(error)
                self._done()
        finally:
            connection.close()

    def _done(self) -> None:
        with self._lock:
            self.open -= 1
            left = self.open
        if left == 0:
            self._slots.leave()
        if left in (0, self._half):
            self._tell()

    def end(self) -> None:
        """Let what was begun be done, and nothing else: the rest stays claimed for a while."""
        with suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._slots.close()


class Asking:
    """The groups of one pass; leaving it waits for what was begun.

    ``processes``: how many share a service's questions, each an equal part.
    """

    def __init__(self, processes: int = 1) -> None:
        self._processes = processes
        self._groups: dict[Asked, Group] = {}
        self._news = threading.Event()
        self._news.set()  # nobody has looked yet

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for group in self._groups.values():
            group.end()

    @cached_property
    def alone(self) -> bool:
        """Whether threads wouldn't see what there is: the caller has a transaction open."""
        return connection.in_atomic_block

    @property
    def full(self) -> list[Asked]:
        """The services whose groups take nothing more for now."""
        return [asked for asked, group in self._groups.items() if group.room <= 0]

    def room(self, asked: Asked) -> int:
        """How many units that ask a service can be taken on now."""
        return self._group(asked).room if self._by_group(asked) else 1

    def do(self, asked: Asked, job: Job) -> None:
        """Do a unit of work here, or have it done by the group of the service that it asks."""
        if self._by_group(asked):
            self._group(asked).do(job)
        else:
            job()
            self._news.set()  # it may have found something to do

    def wait(self) -> bool:
        """Wait until more may be due; return False when all is done.

        Raises what was raised in a group.
        """
        groups = list(self._groups.values())
        under_way = any(group.is_busy for group in groups)
        if under_way:
            self._news.wait(LOOK_AGAIN)
        more = under_way or self._news.is_set()
        self._news.clear()
        for error in (error for group in groups for error in group.errors):
            raise error
        return more

    def _by_group(self, asked: Asked) -> bool:
        return asked.is_outside and not self.alone

    def _group(self, asked: Asked) -> Group:
        if asked not in self._groups:
            size = ceil(_at_once(asked) / self._processes)
            self._groups[asked] = Group(f"asks {asked.kind}", size, self._news.set)
        return self._groups[asked]


def _at_once(asked: Asked) -> int:
    """Return how many questions a service may be asked at a time; 1 where nobody has set it up."""
    there = DataService.objects.filter(kind=asked.kind, experiment=asked.experiment)
    return there.values_list("at_once", flat=True).first() or 1
