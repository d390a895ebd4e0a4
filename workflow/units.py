"""Units of work: rows that wait for something, and what is done with one of them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Unit(Generic[M]):
    """A kind of work. Called, it does one unit and returns False when none is waiting.

    ``waiting`` are all rows of the kind; ``campaign`` leads from one to its campaign.
    """

    do: Callable[[M], None]
    waiting: Callable[[], DueQuerySet[M]]
    campaign: str = "stage__campaign"

    def __call__(self) -> bool:
        row = self.claim()
        if row is not None:
            self.do(row)
        return row is not None

    def claim(self, but: Collection[Asked] = ()) -> M | None:
        """Take the row that has waited longest, of those that don't ask any of ``but``."""
        kind, experiment = f"{self.campaign}__data_handler", f"{self.campaign}__experiment"
        waiting = self.waiting()
        for busy in but:
            waiting = waiting.exclude(Q((kind, busy.kind), (experiment, busy.experiment)))
        found = waiting.annotate(asked_kind=F(kind), asked_experiment=F(experiment))
        return cast("DueQuerySet[M]", found).claim(settings.LEASE)

    def asks(self, claimed: Any) -> Asked | None:
        """Whom a row that was claimed will ask; None for the catalogue, which is in here."""
        if claimed.asked_kind == DataHandlerName.CATALOGUE:
            return None
        return Asked(claimed.asked_kind, claimed.asked_experiment)


def unit(
    waiting: Callable[[], DueQuerySet[M]], campaign: str = "stage__campaign"
) -> Callable[[Callable[[M], None]], Unit[M]]:
    """Make a unit of the function below: what it does with one of the rows in ``waiting``."""

    def make(do: Callable[[M], None]) -> Unit[M]:
        return Unit(do, waiting, campaign)

    return make
