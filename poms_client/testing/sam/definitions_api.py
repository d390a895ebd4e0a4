"""What is asked about dataset definitions and snapshots."""

from __future__ import annotations

from poms_client.testing.sam import definitions, files_api
from poms_client.testing.sam.requests import Answer, Request, Route, listed
from poms_client.testing.sam.store import Store
from poms_client.testing.sam.tree import Definition

NAME = "/definitions/name/([^/]+)"


def create(store: Store, request: Request) -> Answer:
    created = definitions.create(
        store,
        request.needed("defname"),
        request.needed("dims"),
        request.text("user", "sam"),
        request.text("group"),
        request.text("description"),
    )
    return Answer(definitions.shown(created))


def describe(store: Store, request: Request, name: str) -> Answer:
    told = definitions.shown(definitions.find(store, name))
    if request.text("format") == "plain":
        return Answer("".join(f"{key}: {value}\n" for key, value in told.items()))
    return Answer(told)


def delete(store: Store, request: Request, name: str) -> Answer:
    definitions.delete(store, name)
    return Answer(f"Deleted definition {name}\n")


def change(store: Store, request: Request, name: str) -> Answer:
    changed = definitions.change(store, name, request.text("defname"), request.text("description"))
    return Answer(definitions.shown(changed))


def take_snapshot(store: Store, request: Request, name: str) -> Answer:
    return Answer(str(definitions.take_snapshot(store, name)))


def list_definitions(store: Store, request: Request) -> Answer:
    wanted = {name: request.text(name) for name in ("defname", "user", "group")}
    return listed(request, definitions.names(store, **wanted))


def files_of(store: Store, request: Request, name: str, what: str) -> Answer:
    definitions.find(store, name)
    said = {**request.said, "dims": [str(Definition(name))]}
    asked = Request(request.method, request.path, request.root, said, b"", request.accepts)
    return FILES[what](store, asked)


FILES = {
    "count": files_api.count,
    "list": files_api.list_files,
    "summary": files_api.summary,
}
ROUTES = (
    Route("POST", "/definitions/create", create),
    Route("GET", "/definitions/list", list_definitions),
    Route("GET", NAME, describe),
    Route("GET", f"{NAME}/describe", describe),
    Route("DELETE", NAME, delete),
    Route("PUT", NAME, change),
    Route("POST", f"{NAME}/snapshot", take_snapshot),
    Route("GET", f"{NAME}/files/({'|'.join(FILES)})", files_of),
)
