"""The data services of ``make run DATA=…``: stand-ins beside POMS, and how the demo finds them."""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from sys import executable
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2.errors import DuplicateDatabase

from pomsproject.embedded import write_private
from pomsproject.installation import secret_file

DATABASE = "poms_stand_ins"
EXPERIMENT = "demo"
OWNER = "poms"
LAUNCHERS = ("producer", "analyst")  # of the demo's people; projects are theirs to use, too


class NoStandIn(Exception):
    """A stand-in can't be had here; the message says what to do."""


@dataclass(frozen=True)
class StandIn:
    """One process: what it is called, how it is started, on which port it will serve."""

    name: str
    command: list[str]
    port: int
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Services:
    """The stand-ins of one way to handle data, and the data service that they are to POMS.

    ``said`` is what the admin page asks of a data service, by the names of the model's fields;
    empty for the catalogue, which is part of POMS.
    """

    stand_ins: list[StandIn] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)

    def write(self, data: Path) -> Path | None:
        """Write the file for ``manage.py demo --service``; None where there is nothing to say."""
        if not self.said:
            return None
        path = data / "stand-ins" / f"{self.said['kind']}.json"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(path, json.dumps(self.said, indent=2))
        return path


def _catalogue(data: Path, database_url: str, port: int) -> Services:
    return Services()


def _data_dispatcher(data: Path, database_url: str, port: int) -> Services:
    """MetaCat and Data Dispatcher on one database, which take POMS's bearer token."""
    for module in ("metacat", "data_dispatcher", "werkzeug"):
        if importlib.util.find_spec(module) is None:
            raise NoStandIn(f"{module} isn't installed: `make run DATA=data_dispatcher` does it")
    bearer = secret_file(data, "bearer-token")
    people = data / "stand-ins" / "people.json"
    people.parent.mkdir(mode=0o700, exist_ok=True)
    poms = {"username": OWNER, "token": bearer.read_text(), "namespaces": [EXPERIMENT]}
    write_private(people, json.dumps([poms, *({"username": name} for name in LAUNCHERS)]))
    environment = {"STAND_IN_DATABASE_URL": _database(database_url)}

    def stand_in(name: str, at: int, *options: str) -> StandIn:
        command = [executable, "-m", f"poms_client.testing.{name}", "--port", str(at)]
        return StandIn(name, [*command, "--people", str(people), *options], at, environment)

    metacat = stand_in("metacat", port + 1)
    dispatcher = stand_in("dispatcher", port + 2, "--daemon-every", "5")
    return Services(
        [metacat, dispatcher],
        {
            "kind": "data_dispatcher",
            "url": dispatcher.url,
            "metacat_url": metacat.url,
            "namespace": EXPERIMENT,
            "owner": OWNER,
            "credential": "bearer",
            "credential_file": str(bearer),
        },
    )


def _database(server_url: str) -> str:
    """Return the stand-ins' own database on the server of POMS's, made when missing."""
    connection = psycopg2.connect(server_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"create database {DATABASE}")
    except DuplicateDatabase:
        pass
    except psycopg2.Error as error:
        raise NoStandIn(
            f"the database {DATABASE} can't be made ({error}): make it, or unset POMS_DATABASE_URL"
        ) from error
    finally:
        connection.close()
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{DATABASE}"))


def _sam(data: Path, database_url: str, port: int) -> Services:
    """SAM, which keeps what it knows in the data folder and takes anybody's word."""
    state = data / "stand-ins" / "sam"
    command = [executable, "-m", "poms_client.testing.sam", "--port", str(port + 1)]
    sam = StandIn("sam", [*command, "--state", str(state)], port + 1)
    return Services([sam], {"kind": "sam", "url": f"{sam.url}/sam/{EXPERIMENT}/api"})


SERVICES: dict[str, Callable[[Path, str, int], Services]] = {
    "catalogue": _catalogue,
    "data_dispatcher": _data_dispatcher,
    "sam": _sam,
}


def services_for(kind: str, data: Path, database_url: str, port: int) -> Services:
    """Return what ``make run DATA=<kind>`` needs besides POMS, on the ports above ``port``.

    :raises NoStandIn: when something is in the way.
    """
    return SERVICES[kind](data, database_url, port)
