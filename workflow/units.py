"""Units of work: rows that wait for something, and what is done with one of them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar, cast

from django.conf import settings
from django.db.models import F, Q

from campaigns.models.dataservices import DataHandlerName
from submissions.models.queue import DueModel, DueQuerySet

M = TypeVar("M", bound=DueModel)


class Asked(NamedTuple):
    """Whom a unit asks: the data service of that kind of an experiment."""

    kind: str
    experiment: int

    @property
    def is_outside(self) -> bool:
        return self.kind != DataHandlerName.CATALOGUE


@dataclass(frozen=True)
class Unit(Generic[M]):
    """A kind of work. Called, it does one unit and returns False when none is waiting.

    ``waiting`` are all rows of the kind; ``campaign`` leads from one to its campaign. ``once``:
    what was looked at in vain isn't looked at again in the same pass, where a service is asked.
    """

    do: Callable[[M], None]
    waiting: Callable[[], DueQuerySet[M]]
    campaign: str = "stage__campaign"
    once: bool = False

    def __call__(self) -> bool:
        row = self.claim()
        if row is not None:
            self.do(row)
        return row is not None

    def claim(self, but: Collection[Asked] = ()) -> M | None:
        """Take the row that has waited longest, of those that don't ask any of ``but``."""
        return self._due(but=but).claim(settings.LEASE)

    def next_asked(self, but: Collection[Asked], pass_began: datetime) -> Asked | None:
        """Whom the row asks that has waited longest; of those that don't ask any of ``but``."""
        waiting = self._due(pass_began, but).due().order_by("due_at", "pk")
        found = waiting.values_list("asked_kind", "asked_experiment")[:1]
        return next((Asked(*whom) for whom in found), None)

    def claim_some(self, asked: Asked, count: int, pass_began: datetime) -> list[M]:
        """Take up to ``count`` rows that ask this service."""
        return self._due(pass_began).filter(self._asking(asked)).claim_some(settings.LEASE, count)

    def _due(
        self, pass_began: datetime | None = None, but: Collection[Asked] = ()
    ) -> DueQuerySet[M]:
        kind, experiment = f"{self.campaign}__data_handler", f"{self.campaign}__experiment"
        waiting = self.waiting()
        if self.once and pass_began is not None:
            own = Q((kind, DataHandlerName.CATALOGUE))
            waiting = waiting.filter(own | Q(looks=0) | Q(due_at__lte=pass_began))
        for busy in but:
            waiting = waiting.exclude(self._asking(busy))
        found = waiting.annotate(asked_kind=F(kind), asked_experiment=F(experiment))
        return cast("DueQuerySet[M]", found)

    def _asking(self, asked: Asked) -> Q:
        return Q(
            (f"{self.campaign}__data_handler", asked.kind),
            (f"{self.campaign}__experiment", asked.experiment),
        )

    def asks(self, claimed: Any) -> Asked:
        """Whom a row that was claimed will ask."""
        return Asked(claimed.asked_kind, claimed.asked_experiment)


def unit(
    waiting: Callable[[], DueQuerySet[M]], campaign: str = "stage__campaign", *, once: bool = False
) -> Callable[[Callable[[M], None]], Unit[M]]:
    """Make a unit of the function below: what it does with one of the rows in ``waiting``."""

    def make(do: Callable[[M], None]) -> Unit[M]:
        return Unit(do, waiting, campaign, once)

    return make
