"""Who may use a stand-in of MetaCat or Data Dispatcher, and how they show who they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from poms_client.testing.engine import Database, metacat


@dataclass(frozen=True)
class Person:
    """A user of the service.

    :param password: for ``login_password``.
    :param token: a bearer token whose issuer is taken to vouch for this person.
    :param dns: subjects of certificates, ``CN=poms,O=Example``.
    :param namespaces: of MetaCat, to be made if they aren't there; they are this person's.
    """

    username: str
    password: str = ""
    token: str = ""
    dns: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    admin: bool = False


def person_of(said: Mapping[str, Any]) -> Person:
    """Read one out of JSON, with the names of the fields."""
    lists = {name: tuple(said.get(name, ())) for name in ("dns", "roles", "namespaces")}
    return Person(**{**said, **lists})


def enter(people: Iterable[Person], database: Database, realm: str) -> None:
    """Write them into the tables of users, where both services look and may write at once."""
    with database.alone("people"), database.connection("metacat") as db:
        for person in people:
            _enter(person, db, realm)


def _enter(person: Person, db: Any, realm: str) -> None:
    user = metacat.db.DBUser(
        db, person.username, person.username, "", "a" if person.admin else "", {}, None
    )
    if person.password:
        user.set_password(realm, person.password)
    if person.dns:
        user.set_dns(list(person.dns))
    user.save()
    for name in person.roles:
        metacat.db.DBRole(db, name, name).save()
        user.add_role(name)
    for name in person.namespaces:
        if not metacat.db.DBNamespace.exists(db, name):
            metacat.db.DBNamespace(
                db, name, owner_user=person.username, creator=person.username
            ).create()
