"""A circuit breaker per server, shared by all processes: what doesn't answer is left alone.

After ``ENOUGH`` questions in a row without an answer nobody asks for a while, longer each time.
Then one question goes through: if it is answered, everybody asks again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from datahandling.caching import remembered
from datahandling.errors import Unknown
from datahandling.models import ServiceHealth
from datahandling.services import Service

ENOUGH = 5
FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=2)
NOTED = timedelta(seconds=30)  # how often it is written down that all is well
READ_AGAIN = timedelta(seconds=1)  # within a pass


@dataclass(frozen=True)
class Leave:
    """The right to ask one question. Say afterwards how it went."""

    service: Service
    server: str
    all_is_well: bool = False  # as was written down lately
    probe: bool = False

    def answered(self) -> None:
        """The server has answered, whatever it said."""
        if self.probe:
            self._all_is_well()
        elif not self.all_is_well:
            remembered(("well", self.service, self.server), self._all_is_well, READ_AGAIN)

    def _all_is_well(self) -> None:
        ServiceHealth.objects.update_or_create(
            **_key(self.service, self.server),
            defaults={
                "failures": 0,
                "failing_since": None,
                "openings": 0,
                "open_until": None,
                "last_answer_at": timezone.now(),
            },
        )

    def failed(self, why: str) -> None:
        """No answer came."""
        now = timezone.now()
        row, _ = ServiceHealth.objects.get_or_create(**_key(self.service, self.server))
        here = ServiceHealth.objects.filter(pk=row.pk)
        here.update(
            failures=F("failures") + 1,
            failing_since=Coalesce("failing_since", now),
            last_error=why,
            last_failure_at=now,
        )
        # Of many who fail at once one opens it, once.
        closed = here.filter(failures__gte=ENOUGH, open_until=None)
        (here if self.probe else closed).update(
            openings=F("openings") + 1, open_until=now + interval(row.openings)
        )


def leave_to_ask(service: Service, server: str, *, anyway: bool = False) -> Leave:
    """Return the right to ask, ``anyway`` even a server that is left alone.

    Raises:
        Unknown: it is left alone for now.
    """
    row = remembered(("health", service, server), partial(_read, service, server), READ_AGAIN)
    if row is None:
        return Leave(service, server)
    now = timezone.now()
    if row.open_until is None:
        lately = row.last_answer_at is not None and row.last_answer_at > now - NOTED
        return Leave(service, server, all_is_well=lately and not row.failures)
    if not anyway and not _is_next(row, row.open_until, now, service):
        raise Unknown(
            f"{service} isn't asked for now: nothing has answered at {server} since "
            f"{row.failing_since:%F %T} ({row.last_error}); it is tried again within "
            f"{interval(row.openings).total_seconds():g} s"
        )
    return Leave(service, server, probe=True)


def _is_next(row: ServiceHealth, until: datetime, now: datetime, service: Service) -> bool:
    """Tell whether to ask now, as the only one: the others wait for what comes of it."""
    if until > now:
        return False
    patience = service.connect_timeout + service.read_timeout
    same = ServiceHealth.objects.filter(pk=row.pk, open_until=until)
    return same.update(open_until=now + patience) == 1


def interval(openings: int) -> timedelta:
    """Return how long a server is left alone: 5 s, 10 s, 20 s … 2 minutes.

    >>> interval(0).total_seconds(), interval(2).total_seconds(), interval(40).total_seconds()
    (5.0, 20.0, 120.0)
    """
    doubled: int = 2 ** min(openings, 10)
    return min(FIRST * doubled, LONGEST)


def health_of(service: Service) -> list[ServiceHealth]:
    """Return how each server of a service has answered lately; asks nobody but the database."""
    rows = ServiceHealth.objects.filter(kind=service.kind, experiment=service.experiment)
    return list(rows.order_by("server"))


def _read(service: Service, server: str) -> ServiceHealth | None:
    return ServiceHealth.objects.filter(**_key(service, server)).first()


def _key(service: Service, server: str) -> dict[str, Any]:
    return {"kind": service.kind, "experiment": service.experiment, "server": server}
