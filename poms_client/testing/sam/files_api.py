"""What is asked about files, and how jobs declare them.

Reading is as attested. ``POST /files`` and ``POST /files/name/<f>/locations`` are ours, in the
manner of SAM's other addresses: POMS itself declares no files on SAM, but the demo's jobs do.
"""

from __future__ import annotations

from poms_client.testing.sam import files
from poms_client.testing.sam.errors import InvalidMetadata
from poms_client.testing.sam.requests import Answer, Request, Route, listed
from poms_client.testing.sam.store import Store

SUMMED = "count(*), sum(f.size), sum(f.event_count)"
FILEINFO = "f.name, f.id, f.size, f.event_count"
NAME = "/files/name/([^/]+)"


def count(store: Store, request: Request) -> Answer:
    return Answer(str(store.count(request.text("dims"))))


def list_files(store: Store, request: Request) -> Answer:
    if not request.text("fileinfo"):
        return listed(request, store.names(request.text("dims")), plain_by_default=True)
    rows = store.select(FILEINFO, request.text("dims"), "order by f.id")
    if request.wants_json:
        keys = ("file_name", "file_id", "file_size", "event_count")
        return Answer([dict(zip(keys, tuple(row))) for row in rows])
    return Answer("".join("\t".join(_shown(value) for value in row) + "\n" for row in rows))


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def summary(store: Store, request: Request) -> Answer:
    ((files_found, size, events),) = store.select(SUMMED, request.text("dims"))
    return Answer({"file_count": files_found, "total_file_size": size, "total_event_count": events})


def metadata(store: Store, request: Request, name: str) -> Answer:
    told = files.describe(store, name)
    if request.text("format") == "plain":
        return Answer("".join(f"{key}: {value}\n" for key, value in told.items()))
    return Answer(told)


def locations(store: Store, request: Request, name: str) -> Answer:
    places = files.locations(store, name)
    if request.wants_json:
        return Answer(places)
    return Answer("".join(f"{place['full_path']}\n" for place in places))


def locations_of_several(store: Store, request: Request) -> Answer:
    return Answer({name: files.locations(store, name) for name in request.said["file_name"]})


def lineage(store: Store, request: Request, name: str, kind: str) -> Answer:
    return Answer(files.lineage(store, name, kind))


def declare(store: Store, request: Request) -> Answer:
    """Take a file's metadata as JSON; answer its id."""
    told = request.json()
    if not isinstance(told, dict):
        raise InvalidMetadata("one file's metadata are needed, as a JSON object")
    return Answer(str(files.declare(store, told)), 201)


def relocate(store: Store, request: Request, name: str) -> Answer:
    """``add=`` and ``remove=`` locations, each as often as wanted."""
    files.relocate(store, name, request.said.get("add", []), request.said.get("remove", []))
    return Answer("OK\n")


ROUTES = (
    Route("GET", "/files/count", count),
    Route("POST", "/files/count", count),
    Route("GET", "/files/list", list_files),
    Route("POST", "/files/list", list_files),
    Route("GET", "/files/summary", summary),
    Route("POST", "/files/summary", summary),
    Route("POST", "/files", declare),
    Route("GET", "/files/locations", locations_of_several),
    Route("GET", f"{NAME}/metadata", metadata),
    Route("GET", f"{NAME}/locations", locations),
    Route("POST", f"{NAME}/locations", relocate),
    Route("GET", f"{NAME}/lineage/({'|'.join(files.LINEAGE)})", lineage),
)
