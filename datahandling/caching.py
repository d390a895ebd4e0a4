"""Each question of a pass is asked once: answers are kept briefly, and their age is known.

Only while somebody looks (``looking``), and only for services outside: the embedded catalogue is
asked each time. What writes is never kept.
"""

import copy
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any, TypeVar

from django.utils import timezone

from datahandling.base import DataHandler

T = TypeVar("T")

KEPT = timedelta(seconds=10)
READS = ("count", "files", "first_run", "metadata", "exists", "project")
WRITES = ("define", "freeze", "start_project")  # of the dataset or project that they name first


@dataclass
class _Kept:
    """A question that was asked: of two who ask at the same time the second waits for the first.

    ``at``: when it was, or the oldest of those it was answered from.
    """

    question: tuple[Any, ...]
    lasts: timedelta
    at: datetime = field(default_factory=timezone.now)
    answer: Future[Any] = field(default_factory=Future)

    @cached_property
    def text(self) -> str:
        """All names that the question is about, among other words."""
        return repr(self.question)

    @property
    def is_old(self) -> bool:
        return self.at <= timezone.now() - self.lasts

    def ask(self, ask: Callable[[], Any]) -> None:
        token = _asking.set(self)
        try:
            self.answer.set_result(ask())
        except BaseException as why:
            self.answer.set_exception(why)
            if not isinstance(why, Exception):
                raise
        finally:
            _asking.reset(token)


class Answers:
    """What was asked in a pass, by all its threads. An answer may be that there was none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[Any, ...], _Kept] = {}

    def find(
        self, question: tuple[Any, ...], ask: Callable[[], Any], kept: timedelta = KEPT
    ) -> _Kept:
        """Return what ``question`` was answered, asking if nobody did lately."""
        with self._lock:
            self._drop_oldest()
            found = self._kept.get(question)
            if found is not None and not found.is_old:
                return found
            self._kept.pop(question, None)  # the new one is the youngest
            mine = self._kept[question] = _Kept(question, kept)
        mine.ask(ask)
        return mine

    def _drop_oldest(self) -> None:
        """Give their memory back: long lists are among them, and a pass may last."""
        while self._kept and (oldest := next(iter(self._kept.values()))).is_old:
            del self._kept[oldest.question]

    def has(self, question: tuple[Any, ...]) -> bool:
        with self._lock:
            there = self._kept.get(question)
            return there is not None and not there.is_old

    def forget_all(self) -> None:
        with self._lock:
            self._kept.clear()

    def forget(self, name: str) -> None:
        """Forget what was said about a dataset or project, which is another now."""
        with self._lock:
            for question in [key for key, kept in self._kept.items() if name in kept.text]:
                del self._kept[question]


@dataclass
class Look:
    """What somebody who decides something asks meanwhile; ``as_of``: of the oldest answer used.

    ``writes``: what is asked now is about this moment, so nothing is shared.
    """

    answers: Answers
    as_of: datetime | None = None
    writes: bool = False

    def used(self, at: datetime) -> None:
        self.as_of = at if self.as_of is None else min(self.as_of, at)


_answers: ContextVar[Answers | None] = ContextVar("answers of this pass", default=None)
_look: ContextVar[Look | None] = ContextVar("the look that asks", default=None)
_asking: ContextVar[_Kept | None] = ContextVar("the question being answered", default=None)


@contextmanager
def keeping_answers() -> Iterator[None]:
    """Share answers among the looks in here, in this context and copies of it."""
    token = _answers.set(Answers())
    try:
        yield
    finally:
        _answers.reset(token)


def start_anew() -> None:
    """Forget all that was answered in this pass: what nobody knew may be known now."""
    if (answers := _answers.get()) is not None:
        answers.forget_all()


@contextmanager
def looking() -> Iterator[Look]:
    """Keep the answers that are given in here, and tell how old they are."""
    look = Look(_answers.get() or Answers())
    token = _look.set(look)
    try:
        yield look
    finally:
        _look.reset(token)


def remembered(what: tuple[Any, ...], read: Callable[[], T], kept: timedelta = KEPT) -> T:
    """Return something of our own, which a look reads once and keeps as it keeps answers."""
    look = _look.get()
    found: T = read() if look is None else look.answers.find(what, read, kept).answer.result()
    return found


def shared(question: tuple[Any, ...], ask: Callable[[], T]) -> T:
    """Return a service's answer that several questions of a look need, asked for once."""
    look = _look.get()
    if look is None or look.writes:
        return ask()
    found: T = _answer(look, question, ask)
    return found


def is_shared(question: tuple[Any, ...]) -> bool:
    """Tell whether a look under way has asked this lately."""
    look = _look.get()
    return look is not None and not look.writes and look.answers.has(question)


def kept(handler: DataHandler) -> DataHandler:
    """Return the handler, with answers kept for the look that is under way, if one is."""
    look = _look.get()
    if look is None or handler.service is None:
        return handler
    twin = copy.copy(handler)
    for name in READS:
        setattr(twin, name, partial(_ask, look, (handler.service, name), getattr(handler, name)))
    for name in WRITES:  # of the handler itself: what it asks in between is about this moment
        setattr(twin, name, partial(_write, look, getattr(handler, name)))
    return twin


def _ask(
    look: Look, question: tuple[Any, ...], ask: Callable[..., Any], *of: Any, **how: Any
) -> Any:
    return _answer(look, (*question, of, *how.items()), partial(ask, *of, **how))


def _answer(look: Look, question: tuple[Any, ...], ask: Callable[[], Any]) -> Any:
    found = look.answers.find(question, ask)
    wait([found.answer])
    look.used(found.at)
    if (waiting := _asking.get()) is not None:
        waiting.at = min(waiting.at, found.at)
    return found.answer.result()


def _write(look: Look, write: Callable[..., Any], name: str, *what: Any, **how: Any) -> Any:
    token = _look.set(replace(look, writes=True))
    try:
        return write(name, *what, **how)
    finally:
        _look.reset(token)
        look.answers.forget(name)
