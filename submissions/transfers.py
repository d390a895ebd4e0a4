"""Post-job watch: which outputs a file transfer service (FTS) says are on their way.

An experiment's services stand in SAM's registry, each with a page of its own about its queue.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from campaigns.models import DataService
from campaigns.validation.services import is_loopback, may_be_asked
from datahandling.base import Unknown
from datahandling.http import Answer, Client, client_for
from datahandling.services import CredentialKind
from submissions.figures import MOST_AWAITED
from submissions.models import FileStatistics, Submission, Transfer, TransferWatch

EVERY = timedelta(minutes=2)
LONGEST_ANSWER = timedelta(seconds=5)
QUEUES = ("newstates", "pendingstates", "errorstates")
MOST_SERVICES = 20  # of an experiment, that a look asks
MOST = 20_000  # files of one service that are kept
LONGEST = 1000  # characters of what it says of one


@dataclass(frozen=True)
class Transferrer:
    """One file transfer service, as the registry names it."""

    name: str
    url: str


def claim_next() -> TransferWatch | None:
    """Take the experiment whose transfer services are to be asked next, if any is due."""
    _begin_to_watch()
    return TransferWatch.objects.select_related("service__experiment").claim(settings.LEASE)


def look(watch: TransferWatch) -> None:
    """Ask an experiment's transfer services, claimed before, and keep what they say."""
    client = _client(watch.service)
    try:
        there = find_transferrers(client, watch.service.experiment.name)
    except Unknown as why:
        _settle(watch, [str(why)])
        return
    # Any of them, in any order: what comes after dead ones may find that no time is left, and of
    # more than one look asks each has its turn some time; until then what it said last stays.
    asked = random.sample(there, min(len(there), MOST_SERVICES))
    troubles = [trouble for one in asked if (trouble := _look(watch, client, one))]
    watch.transfers.exclude(by__in=[one.name for one in there]).delete()
    _settle(watch, troubles)


def _begin_to_watch() -> None:
    """Watch where a site has said since where the services are listed."""
    services = DataService.objects.exclude(fts_url="").filter(transfer_watch=None)
    now = timezone.now()
    watches = [TransferWatch(service=service, due_at=now) for service in services]
    if watches:
        TransferWatch.objects.bulk_create(watches, ignore_conflicts=True)


def _client(row: DataService) -> Client:
    """Ask them as services of their own: who of them is down says nothing of SAM."""
    service = replace(
        row.service,
        kind="FTS",
        url=row.fts_url,
        credential=CredentialKind.NONE,
        read_timeout=min(row.read_timeout, LONGEST_ANSWER),
    )
    return client_for(service)


def find_transferrers(client: Client, experiment: str) -> list[Transferrer]:
    """Ask the registry for the experiment's services, each once. May raise Unknown.

    Only those at addresses that a site might have typed in: the registry can't send us elsewhere.
    """
    inside = is_loopback(client.service.url)
    answer = client.get(client.service.url, params={"format": "json"})
    found: dict[str, Transferrer] = {}
    for entry in _entries(answer, answer.json()):
        uris = entry.get("uris")
        url = uris.get("service") if isinstance(uris, Mapping) else None
        wanted = {"type": "fts", "tier": "prd", "experiment": experiment}
        if {key: entry.get(key) for key in wanted} != wanted or not isinstance(url, str):
            continue
        if may_be_asked(url, inside=inside) and "daq" not in url:
            found.setdefault(url, Transferrer(str(entry.get("name", url))[:200], url))
    return list(found.values())


def _look(watch: TransferWatch, client: Client, one: Transferrer) -> str:
    """Keep what one service has in its queues; return why not, if it gave no clear answer."""
    try:
        answer = client.get(f"{one.url.rstrip('/')}/status", params={"format": "json"})
        said = dict(_queued(answer))
    except Unknown as why:
        return str(why)
    now = timezone.now()
    rows = [
        Transfer(watch=watch, by=one.name, file=file, message=message, seen_at=now)
        for file, message in list(said.items())[:MOST]
    ]
    with transaction.atomic():
        watch.transfers.filter(by=one.name).delete()
        Transfer.objects.bulk_create(rows, ignore_conflicts=True)
    return ""


def _queued(answer: Answer) -> Iterator[tuple[str, str]]:
    """Yield each file with what is said of it; trouble last, so that it is what stays."""
    queues = answer.json()
    if not isinstance(queues, Mapping) or not set(QUEUES) & queues.keys():
        raise answer.nonsense("without the queues of a file transfer service")
    for queue in QUEUES:
        for entry in _entries(answer, queues.get(queue) or []):
            if isinstance(name := entry.get("name"), str) and "\0" not in name:
                yield name, str(entry.get("msg") or "")[:LONGEST].replace("\0", "")


def _entries(answer: Answer, said: Any) -> list[Mapping[str, Any]]:
    if not isinstance(said, list) or not all(isinstance(entry, Mapping) for entry in said):
        raise answer.nonsense("with something else than a list of entries")
    return said


def _settle(watch: TransferWatch, troubles: list[str]) -> None:
    now = timezone.now()
    answered = {} if troubles else {"asked_at": now}
    TransferWatch.objects.filter(pk=watch.pk).update(
        due_at=now + EVERY, unknown="; ".join(troubles), **answered
    )


@dataclass(frozen=True)
class OnTheirWay:
    """What was last said of a submission's outputs that have no location yet, by file.

    ``looked_for``: of how many of them, where there may be more; ``unknown``: which services gave
    no clear answer, and why.
    """

    transfers: tuple[Transfer, ...] = ()
    looked_for: int | None = None
    unknown: str = ""


def find_on_their_way(submission: Submission) -> OnTheirWay:
    """Return what is kept about a submission's outputs; asks nobody outside."""
    statistics: FileStatistics | None = getattr(submission, "statistics", None)
    if statistics is None or not statistics.awaited:
        return OnTheirWay()
    watches = TransferWatch.objects.filter(service__experiment=submission.experiment_id)
    said = Transfer.objects.filter(watch__in=watches, file__in=statistics.awaited)
    number = len(statistics.awaited)
    return OnTheirWay(
        tuple(said.order_by("file", "by")),
        number if number >= MOST_AWAITED else None,
        "; ".join(filter(None, watches.values_list("unknown", flat=True))),
    )
