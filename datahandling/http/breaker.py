"""A circuit breaker per server, shared by all processes: what doesn't answer is left alone.

After ``ENOUGH`` questions in a row without an answer nobody asks for a while. Then one question
goes through, and one again each time: once it is answered, everybody asks again, and whoever waits
is told (``back_at``). A server answers when what it says is what was asked. Anything else that is
said there, a proxy's page for instance, is no answer. It is no failure either while others get
answers: it may be about this one question. Where nobody gets one for a while, it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from datahandling.caching import remembered
from datahandling.errors import Unknown
from datahandling.models import ServiceHealth
from datahandling.services import Service

ENOUGH = 5
ALONE = timedelta(seconds=10)  # from one question in vain to the next
NOTED = timedelta(seconds=30)  # how often it is written down that nothing has changed
SILENT = timedelta(minutes=1)  # without an answer, from when on nonsense counts as none
READ_AGAIN = timedelta(seconds=1)  # within a pass
WELL, ODD = "well", "odd"


@dataclass(frozen=True)
class Leave:
    """The right to ask one question. Say afterwards how it went."""

    service: Service
    server: str
    noted: str = ""  # what was written down lately and still holds: WELL, or ODD
    probe: bool = False
    silent: bool = False  # nothing that was said there lately made sense

    def answered(self) -> None:
        """The server has answered what it was asked."""
        if self.probe:
            self._note_answer()
        elif self.noted != WELL:
            remembered((WELL, self.service, self.server), self._note_answer, READ_AGAIN)

    def _note_answer(self) -> None:
        now = timezone.now()
        said = {"failures": 0, "failing_since": None, "open_until": None, "last_answer_at": now}
        ServiceHealth.objects.update_or_create(
            **_key(self.service, self.server),
            defaults=said | ({"back_at": now} if self.probe else {}),
        )

    def made_no_sense(self, why: str) -> None:
        """Somebody has said something there, but not what was asked."""
        if self.probe:
            self._note_nonsense(why)
        elif self.silent:
            self._note_nonsense(why)
            self.failed(why)
        elif self.noted != ODD:
            note = partial(self._note_nonsense, why)
            remembered((ODD, self.service, self.server), note, READ_AGAIN)

    def _note_nonsense(self, why: str) -> None:
        now = timezone.now()
        row, _ = ServiceHealth.objects.update_or_create(
            **_key(self.service, self.server), defaults={"nonsense": why, "nonsense_at": now}
        )
        if self.probe:
            _open(ServiceHealth.objects.filter(pk=row.pk, open_until__isnull=False))

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
        _open(here if self.probe else here.filter(failures__gte=ENOUGH, open_until=None))


def leave_to_ask(service: Service, server: str, *, anyway: bool = False) -> Leave:
    """Return the right to ask, ``anyway`` even a server that is left alone.

    Raises:
        Unknown: it is left alone for now.
    """
    row = remembered(("health", service, server), partial(_read, service, server), READ_AGAIN)
    if row is None:
        return Leave(service, server, silent=True)
    now = timezone.now()
    if row.open_until is None:
        silent = row.last_answer_at is None or row.last_answer_at < now - SILENT
        return Leave(service, server, _noted_lately(row, now), silent=silent)
    if not anyway and not _is_next(row, row.open_until, now, service):
        raise Unknown(
            f"{service} isn't asked for now: nothing has answered at {server} since "
            f"{row.failing_since:%F %T} ({row.last_error}); it is tried again within "
            f"{ALONE.total_seconds():g} s"
        )
    return Leave(service, server, probe=True)


def _noted_lately(row: ServiceHealth, now: datetime) -> str:
    """Tell what was written down lately, and holds: that all is well, or that it makes no sense."""
    if row.makes_no_sense:
        return ODD if row.nonsense_at and row.nonsense_at > now - NOTED else ""
    lately = row.last_answer_at is not None and row.last_answer_at > now - NOTED
    return WELL if lately and not row.failures else ""


def _is_next(row: ServiceHealth, until: datetime, now: datetime, service: Service) -> bool:
    """Tell whether to ask now, as the only one: the others wait for what comes of it."""
    if until > now:
        return False
    patience = service.connect_timeout + service.read_timeout
    same = ServiceHealth.objects.filter(pk=row.pk, open_until=until)
    return same.update(open_until=now + patience) == 1


def _open(rows: QuerySet[ServiceHealth]) -> None:
    """Have servers left alone from now on."""
    rows.update(open_until=timezone.now() + ALONE)


def health_of(service: Service) -> list[ServiceHealth]:
    """Return how each server of a service has answered lately; asks nobody but the database."""
    rows = ServiceHealth.objects.filter(kind=service.kind, experiment=service.experiment)
    return list(rows.order_by("server"))


def _read(service: Service, server: str) -> ServiceHealth | None:
    return ServiceHealth.objects.filter(**_key(service, server)).first()


def _key(service: Service, server: str) -> dict[str, Any]:
    return {"kind": service.kind, "experiment": service.experiment, "server": server}
