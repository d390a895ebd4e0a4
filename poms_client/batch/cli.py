"""``poms batch``, and how ``poms kill|hold|release`` ask the local batch."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from typing import Any, Callable, Optional

from poms_client import config
from poms_client.batch import files
from poms_client.batch.cluster import STATES, Cluster
from poms_client.batch.directory import BatchDirectory
from poms_client.errors import PomsError
from poms_client.processes import Process

NOTHING_FOUND = 1
CALLED = ("Removed", "Cancelled")


def batch(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="poms batch", description="Run the local batch's daemon.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="show the clusters and return")
    what.add_argument("--stop", action="store_true", help="stop the daemon; jobs go on")
    parser.add_argument("--stay", action="store_true", help="don't stop when there is no work")
    parser.add_argument("--json", action="store_true", help="list for programs")
    said = parser.parse_args(arguments)
    directory = BatchDirectory(config.batch_dir())
    if said.list:
        return _list(directory, said.json)
    return _stop(directory) if said.stop else _serve(directory, said.stay)


def _serve(directory: BatchDirectory, stay: bool) -> int:
    from poms_client.batch.daemon import Daemon
    from poms_client.batch.place import Place

    place = Place.take(directory)
    if place is None:
        print(f"poms batch: a daemon runs in {directory.root} already", file=sys.stderr)
        return 0
    Daemon(place, stay).run()
    return 0


def _stop(directory: BatchDirectory) -> int:
    said = files.read(directory.root / "daemon.json")
    daemon = Process(*said["process"]) if said else None
    if daemon is None or not daemon.is_alive():
        return 0
    os.kill(daemon.pid, signal.SIGTERM)
    return 0 if _until(lambda: not daemon.is_alive(), 10.0) else 1


def _list(directory: BatchDirectory, as_json: bool) -> int:
    rows = [_row(cluster) for cluster in directory.clusters()]
    if as_json:
        print(json.dumps({"clusters": rows}))
        return 0
    print("cluster      submission " + " ".join(f"{state:>9}" for state in STATES) + "  command")
    for row in rows:
        counts = " ".join(f"{row[state]:>9}" for state in STATES)
        print(f"{row['id']:<12} {row['submission'] or '-':>10} {counts}  {row['command']}")
    return 0


def _row(cluster: Cluster) -> dict[str, Any]:
    said = {"id": cluster.id, "submission": cluster.submission, "attempt": cluster.attempt}
    return {**said, "command": " ".join(cluster.argv), **cluster.summary()}


def kill(arguments: list[str]) -> int:
    """Remove jobs."""

    def _remove(cluster: Cluster, said: argparse.Namespace) -> None:
        cluster.remove(said.called)

    return _request("kill", arguments, _remove, _nothing_left)


def hold(arguments: list[str]) -> int:
    """Stop jobs until they are released; none is started meanwhile."""
    return _request("hold", arguments, lambda cluster, _: cluster.hold(), _none_running)


def release(arguments: list[str]) -> int:
    """Let held jobs go on."""
    return _request("release", arguments, lambda cluster, _: cluster.release(), _none_held)


CONTROLS = {"kill": kill, "hold": hold, "release": release}


def _request(
    verb: str,
    arguments: list[str],
    ask: Callable[[Cluster, argparse.Namespace], None],
    obeyed: Callable[[Cluster], bool],
) -> int:
    """Write the request into the cluster, and wait a while for the daemon to obey."""
    parser = argparse.ArgumentParser(prog=f"poms {verb}", description=globals()[verb].__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--tag", type=int, metavar="SUBMISSION_ID")
    which.add_argument("--cluster", metavar="JOB_ID")
    parser.add_argument("--wait", type=float, default=15.0, help="seconds to wait until it is done")
    if verb == "kill":
        parser.add_argument("--called", choices=CALLED, default="Removed", help="status to report")
    said = parser.parse_args(arguments)
    directory = BatchDirectory(config.batch_dir())
    cluster = _meant(directory, said)
    if cluster is None:
        print(f"poms {verb}: the batch has no such cluster", file=sys.stderr)
        return NOTHING_FOUND if said.tag is None else 0  # nothing of a tag is no mistake
    was_over = cluster.summary()["over"]
    ask(cluster, said)
    _start_daemon(directory)
    if not _until(lambda: obeyed(cluster) or bool(cluster.summary()["over"]), said.wait):
        raise PomsError(f"asked to {verb} {cluster.id}, but it hasn't happened yet")
    print(f"poms {verb}: {cluster.id} {'has ended already' if was_over else 'obeys'}")
    return 0


def _meant(directory: BatchDirectory, said: argparse.Namespace) -> Optional[Cluster]:
    if said.tag is None:
        return directory.of_id(said.cluster)
    return directory.of_submission(said.tag)


def _start_daemon(directory: BatchDirectory) -> None:
    from poms_client.batch.starting import ensure_daemon

    if not ensure_daemon(directory):
        raise PomsError(f"no daemon starts; see {directory.root}/daemon.log")


def _nothing_left(cluster: Cluster) -> bool:
    return bool(cluster.summary()["over"])


def _none_running(cluster: Cluster) -> bool:
    summary = cluster.summary()
    return not summary["running"] and not summary["idle"]


def _none_held(cluster: Cluster) -> bool:
    return not cluster.summary()["held"]


def _until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait until it is true, for at most so long; return whether it became so."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
