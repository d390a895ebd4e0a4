"""What is asked about projects, and what jobs do with them."""

from __future__ import annotations

from poms_client.testing.sam import projects, summaries
from poms_client.testing.sam.errors import ProjectNotFound
from poms_client.testing.sam.requests import Answer, Request, Route, listed
from poms_client.testing.sam.store import Store

NAME = "/projects/name/([^/]+)"
PROCESS = f"{NAME}/process/([0-9]+)"
RETRY_AFTER = {"Retry-After": "1"}


def start(store: Store, request: Request) -> Answer:
    projects.start(
        store,
        request.needed("name"),
        defname=request.text("defname") or None,
        snapshot=request.number("snapshot_id"),
        station=request.text("station", "sam"),
        group=request.text("group"),
        user=request.text("username", "sam"),
    )
    return Answer(_url(request, request.text("name")))


def find(store: Store, request: Request) -> Answer:
    name = projects.find(store, request.needed("name"))["name"]
    return Answer(_url(request, name))


def _url(request: Request, project: str) -> str:
    """A project's address; its form is ours."""
    api = request.path.rsplit("/", 1)[0]
    return f"{request.root}{api}/projects/name/{project}"


def establish_process(store: Store, request: Request, project: str) -> Answer:
    process = projects.establish_process(
        store,
        project,
        family=request.text("appfamily"),
        name=request.text("appname"),
        version=request.text("appversion"),
        node=request.text("node"),
        user=request.text("username"),
        description=request.text("description"),
        file_limit=request.number("filelimit"),
    )
    return Answer(str(process))


def next_file(store: Store, request: Request, project: str, process: str) -> Answer:
    handed = projects.next_file(store, project, int(process))
    if handed.url is None:
        return Answer("", 202, RETRY_AFTER) if handed.wait else Answer("", 204)
    if request.wants_json:
        return Answer({"url": handed.url, "filename": handed.name})
    return Answer(handed.url)


def update_file_status(store: Store, request: Request, project: str, process: str) -> Answer:
    file, status = request.needed("filename"), request.needed("status")
    projects.tell(store, project, int(process), file, status)
    return Answer("OK\n")


def end_process(store: Store, request: Request, project: str, process: str) -> Answer:
    projects.end_process(store, project, int(process))
    return Answer("OK\n")


def put_process_status(store: Store, request: Request, project: str, process: str) -> Answer:
    projects.end_process(store, project, int(process), request.needed("status"))
    return Answer("OK\n")


def end(store: Store, request: Request, project: str) -> Answer:
    projects.end(store, project)
    return Answer("OK\n")


def summary(store: Store, request: Request, name: str) -> Answer:
    return Answer(summaries.summary(store, name, request.number("process_limit")))


def recovery_dimensions(store: Store, request: Request, name: str) -> Answer:
    asked = {
        "use_process": request.text("useProcess", "1") != "0",
        "use_files": request.text("useFiles", "1") != "0",
    }
    return Answer(summaries.recovery_dimensions(store, name, **asked))


def describe(store: Store, request: Request, experiment: str, name: str) -> Answer:
    projects.find(store, name)
    store.write(
        "update projects set description = ? where name = ?", request.text("description"), name
    )
    return Answer("OK\n")


def list_projects(store: Store, request: Request) -> Answer:
    asked = ("defname", "user", "started_after", "started_before")
    return listed(request, projects.names(store, **{name: request.text(name) for name in asked}))


def dump_station(store: Store, request: Request) -> Answer:
    """A station's projects, in the words that are looked for in it."""
    station = request.needed("station")
    rows = store.rows(
        "select p.name, count(c.file) as files, count(l.file) as cached from projects p"
        " left join consumption c on c.project = p.id"
        " left join (select distinct file from locations) l on l.file = c.file"
        " where p.station = ? and p.status = ? group by p.id order by p.id",
        *(station, projects.RUNNING),
    )
    if not rows and not store.row("select 1 from projects where station = ?", station):
        raise ProjectNotFound(f"Station '{station}' not found")
    told = [
        f"Project {row['name']} contains {row['files']} total files,\n"
        f" of these {row['cached']} in cache\n"
        for row in rows
    ]
    return Answer(f"Station {station}\nPer-project prefetched files: 3\n{''.join(told)}")


ROUTES = (
    Route("POST", "/startProject", start),
    Route("GET", "/findProject", find),
    Route("GET", "/dumpStation", dump_station),
    Route("GET", "/projects", list_projects),
    Route("GET", f"{NAME}/summary", summary),
    Route("GET", f"{NAME}/recovery_dimensions", recovery_dimensions),
    Route("POST", "/projects/([^/]+)/([^/]+)/description", describe),
    Route("POST", f"{NAME}/establishProcess", establish_process),
    Route("POST", f"{NAME}/endProject", end),
    Route("POST", f"{PROCESS}/getNextFile", next_file),
    Route("POST", f"{PROCESS}/updateFileStatus", update_file_status),
    Route("POST", f"{PROCESS}/endProcess", end_process),
    Route("PUT", f"{PROCESS}/status", put_process_status),
)
