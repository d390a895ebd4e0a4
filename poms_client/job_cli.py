"""``poms next``, ``done``, ``failed`` and ``declare``: what a job written in shell says.

::

    while file=$(poms next); do
        path=${file%%$'\\t'*} name=${file##*$'\\t'}
        ...
    done
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from poms_client import config
from poms_client.api import Api
from poms_client.errors import NothingLeft, PomsError


def next_file(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="poms next",
        description="Reserve the project's next file for this job, and print its path and its name,"
        " with a tab between them.",
        epilog="Exit codes: 0 a file; 1 none is left; 2 misused; 3 refused; 4 no clear answer.",
    )
    _project_option(parser)
    parser.add_argument("--json", action="store_true", help="all about it, for programs")
    said = parser.parse_args(arguments)
    from poms_client.job import worker

    file = Api.for_job().next_file(_project(said), worker())
    if file is None:
        raise NothingLeft("no file is left")
    if said.json:
        known = {"name": file.name, "path": file.path, "locations": file.locations}
        print(json.dumps({**known, "metadata": file.metadata, "size": file.size}))
    else:
        print(f"{file.path}\t{file.name}")
    return 0


def done(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="poms done", description="Say that a file is processed.")
    _project_option(parser)
    parser.add_argument("name")
    said = parser.parse_args(arguments)
    from poms_client.job import worker

    Api.for_job().file_done(_project(said), said.name, worker())
    return 0


def failed(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="poms failed", description="Say that a file can't be processed."
    )
    _project_option(parser)
    parser.add_argument("name")
    parser.add_argument("--retry", action="store_true", help="give it to another job")
    parser.add_argument("--why", default="")
    said = parser.parse_args(arguments)
    from poms_client.job import worker

    Api.for_job().file_failed(_project(said), said.name, worker(), said.retry, said.why)
    return 0


def declare(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="poms declare",
        description="Declare files that this job made, with size, checksum and location.",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH")
    parser.add_argument("--parent", action="append", default=[], metavar="NAME")
    parser.add_argument("--dataset", action="append", default=[], metavar="NAME")
    parser.add_argument("--meta", action="append", default=[], metavar="KEY=VALUE")
    said = parser.parse_args(arguments)
    from poms_client import job

    try:
        outcomes = job.declare(
            *said.paths,
            parents=said.parent,
            datasets=said.dataset,
            metadata=dict(_metadata(item) for item in said.meta),
        )
    except OSError as error:
        raise PomsError(f"{error.filename} can't be read: {error.strerror}") from error
    for outcome in outcomes:
        print(f"{outcome.get('outcome')} {outcome.get('name')}")
    return 0


def _metadata(item: str) -> tuple[str, Any]:
    """Read ``key=value``; a value that is JSON (a number, true, a list) is that, else text."""
    key, given, value = item.partition("=")
    if not given or not key:
        raise PomsError(f"--meta {item}: write key=value")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _project_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", help="default $POMS_PROJECT")


def _project(said: argparse.Namespace) -> str:
    return said.project or config.text("POMS_PROJECT")
