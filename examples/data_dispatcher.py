"""What jobs say to MetaCat and Data Dispatcher, with the clients of their own packages.

The same functions as ``poms_client.job`` has for the catalogue of POMS. POMS tells a job by
environment variables where the services are, and which project is its submission's. What needs
naming is here as experiments do it: datasets and files in one namespace, metadata in categories.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

import metacat.common
import metacat.common.exceptions
import metacat.webapi.webapi
import requests
from data_dispatcher.api import DataDispatcherClient
from metacat.webapi import MetaCatClient
from metacat.webapi.webapi import AlreadyExistsError

from poms_client import job

USER = "poms"
TOKEN_LIBRARY = "token_library"  # in the job's own folder; the clients insist on one
REPLICA_SECONDS = 10.0  # how long a file is waited for whose replica nobody has found yet
RESTART_SECONDS = 120.0  # how long a server that is gone
TIMEOUT_SECONDS = 30.0


BROKEN = 500
ERRORS = (
    requests.RequestException,
    metacat.common.AuthenticationError,
    metacat.webapi.webapi.WebAPIError,
    metacat.common.exceptions.WebAPIError,
)


def patiently(ask: Callable[..., Any], *said: Any, **options: Any) -> Any:
    """Ask a server again while it is restarted: it isn't there then, or breaks over everything."""
    deadline = time.monotonic() + RESTART_SECONDS
    while True:
        try:
            return ask(*said, **options)
        except ERRORS as error:
            if status_of(error) < BROKEN or time.monotonic() > deadline:
                raise
        time.sleep(0.5)


def status_of(error: Any) -> int:
    """Return what a server answered; where nobody did or says so, as if it had been broken."""
    if isinstance(error, requests.RequestException):
        return BROKEN if error.response is None else error.response.status_code
    return int(getattr(error, "StatusCode", BROKEN))


class Patient:
    """A client whose methods ask patiently."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return partial(patiently, getattr(self._client, name))


class DispatchedFile:
    """One file given to this job; it is told once how that went."""

    def __init__(self, handle: dict[str, Any], client: Patient) -> None:
        self.name: str = handle["name"]
        self.path = path_of(handle)
        self._did = f"{handle['namespace']}:{handle['name']}"
        self._project = handle["project_id"]
        self._client = client

    def __enter__(self) -> DispatchedFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._client.file_done(self._project, self._did)
        else:
            self._client.file_failed(self._project, self._did, retry=False)


def path_of(handle: dict[str, Any]) -> str:
    """Return where this machine finds a file: at the nearest of its replicas."""
    nearest = min(handle["replicas"].values(), key=lambda replica: replica["proximity"])
    return unquote(urlsplit(nearest["url"]).path)


def files() -> Iterator[DispatchedFile]:
    """Yield the project's files one by one, as long as any waits for a worker."""
    client, project = dispatcher(), int(os.environ["POMS_DATA_DISPATCHER_PROJECT_ID"])
    while client.list_handles(project, state="initial"):
        given = client.next_file(project, timeout=REPLICA_SECONDS, stagger=0)
        if isinstance(given, dict):
            yield DispatchedFile(given, client)
        elif client.get_project(project, with_files=False)["state"] != "active":
            return  # the client takes any error for the end of the project: this is the end


@contextmanager
def all_files() -> Iterator[list[DispatchedFile]]:
    """Take all files that wait: done when the block ends, failed if it raises."""
    with ExitStack() as open_files:
        yield [open_files.enter_context(file) for file in files()]


def declare(
    path: Path,
    *,
    parents: Sequence[str] = (),
    datasets: Sequence[str] = (),
    metadata: dict[str, Any] | None = None,
) -> None:
    """Declare a file that this job made, into ``datasets``, and say where it is."""
    described = {
        "namespace": namespace(),
        "name": path.name,
        "size": path.stat().st_size,
        "metadata": {**_origin(), **_in_category(metadata or {})},
        "parents": [{"did": f"{namespace()}:{name}"} for name in parents],
    }
    first, *others = [*datasets, _dataset_of_outputs()]
    client = catalogue()
    patiently(_upload, path)
    dataset = _dataset(first)
    with suppress(AlreadyExistsError):  # what runs again makes the very same file
        client.declare_files(dataset, [described])
    for name in others:
        client.add_files(_dataset(name), [{"did": f"{namespace()}:{path.name}"}])


def namespace() -> str:
    return os.environ["EXPERIMENT"]


def _dataset_of_outputs() -> str:
    """Return where this job's files belong.

    What has no parents can't be found by lineage: of a stage without input, POMS takes as outputs
    what is in the dataset that it names after the submission and the edge (our stages have one).
    """
    if os.environ["POMS_PROJECT"]:
        return f"of_stage_{os.environ['POMS4_CAMPAIGN_STAGE_ID']}"
    original = os.environ["POMS_PARENT_TASK_ID"] or os.environ["POMS4_SUBMISSION_ID"]
    return f"poms_depends_{original}_1"


def _origin() -> dict[str, Any]:
    """Return what POMS finds outputs by, beside their parents: the version that made them."""
    return {"core.application.version": os.environ["SOFTWARE_VERSION"]}


def _in_category(metadata: dict[str, Any]) -> dict[str, Any]:
    """Put names into a category, without which MetaCat takes none."""
    return {f"demo.{name}": value for name, value in metadata.items()}


def _dataset(name: str) -> str:
    """Return the full name of a dataset; it is made unless another job was first."""
    did = f"{namespace()}:{name}"
    with suppress(AlreadyExistsError):
        catalogue().create_dataset(did)
    return did


def _upload(path: Path) -> None:
    """Have the file found where it is. A real job gives it to Rucio, which stores it."""
    url = f"{os.environ['DATA_DISPATCHER_URL']}/_locations"
    said = {f"{namespace()}:{path.name}": path.absolute().as_uri()}
    requests.put(url, json=said, timeout=TIMEOUT_SECONDS).raise_for_status()


@cache
def catalogue() -> Patient:
    client = Patient(MetaCatClient(token_library=TOKEN_LIBRARY))
    client.login_token(USER, bearer_token())
    return client


@cache
def dispatcher() -> Patient:
    client = Patient(DataDispatcherClient(worker_id=job.worker(), token_library=TOKEN_LIBRARY))
    client.login_token(USER, bearer_token())
    return client


def bearer_token() -> str:
    return Path(os.environ["BEARER_TOKEN_FILE"]).read_text().strip()
