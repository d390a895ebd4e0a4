"""How the services are that production rests on: said by agents, shown as a tree (DOMAIN 11.3)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from submissions.models import ServiceStatus
from submissions.models.services import NEVER

FORGOTTEN_AFTER = timedelta(days=30)
DEEPEST = 20


class NoTree(Exception):
    """A service that would come to be below itself; the text says so."""


def hear(name: str, parent: str, status: str, **fields: Any) -> ServiceStatus:
    """Keep how a service was said to be. One that isn't known is made, and so is its parent.

    Raises:
        NoTree: the parent is the service itself, or below it.
    """
    with transaction.atomic():
        parents = _locked()
        above = _found(parent) if parent else None
        service = _found(name)
        _require_tree(service, above, parents)
        for field, value in {**fields, "parent": above, "said": status}.items():
            setattr(service, field, value)
        service.heard_at = timezone.now()
        service.save()
        _forget()
    return service


def _locked() -> dict[int, int | None]:
    """Return the parent of each service by its key; nobody else makes or moves any meanwhile.

    Locks of rows wouldn't do: there are none yet of services that somebody else is making.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('services'))")
    return dict(ServiceStatus.objects.values_list("pk", "parent"))


def _found(name: str) -> ServiceStatus:
    service, _ = ServiceStatus.objects.get_or_create(name=name, defaults={"heard_at": NEVER})
    return service


def _require_tree(
    service: ServiceStatus, above: ServiceStatus | None, parents: dict[int, int | None]
) -> None:
    key = above.pk if above else None
    for _ in range(DEEPEST):
        if key is None:
            return
        if key == service.pk:
            why = "itself" if service == above else f"{above}, which is below it"
            raise NoTree(f"{service} can't be below {why}")
        key = parents.get(key)
    raise NoTree(f"{service} would be more than {DEEPEST} services deep")


def _forget() -> None:
    """Forget those that nobody has spoken of for a month, or ever, and that nothing is below."""
    gone = ServiceStatus.objects.filter(heard_at__lt=timezone.now() - FORGOTTEN_AFTER, parts=None)
    gone.delete()


def tree() -> Iterator[tuple[ServiceStatus, int]]:
    """Yield every service with how deep it is, each after the one that it is part of."""
    below: dict[int | None, list[ServiceStatus]] = {}
    for service in ServiceStatus.objects.order_by("name"):
        below.setdefault(service.parent_id, []).append(service)
    waiting = [(service, 0) for service in reversed(below.get(None, []))]
    while waiting:
        service, depth = waiting.pop()
        yield service, depth
        waiting += [(part, depth + 1) for part in reversed(below.get(service.pk, []))]
