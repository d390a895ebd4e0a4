"""``poms agent``: run one of the submission agents."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Callable
from pathlib import Path

from poms_client import config
from poms_client.agents import schedds
from poms_client.agents.condor import CondorSource
from poms_client.agents.health import Health
from poms_client.agents.lens import LensSource
from poms_client.agents.local import LocalSource
from poms_client.agents.memory import Memory
from poms_client.agents.poller import Poller
from poms_client.agents.slurm import SlurmSource
from poms_client.agents.source import Source
from poms_client.api import Api
from poms_client.batch.directory import BatchDirectory

PATIENCE = 60.0  # seconds for one answer of POMS's: 10,000 reports are some work


def agent(arguments: list[str]) -> int:
    said = _parser().parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s")
    # While it runs on, the agent itself sees to it that what wasn't sent is sent later.
    patience = None if said.once else 0.0
    api = Api(config.text("POMS_URL"), config.person_token(), patience, PATIENCE)
    source = SOURCES[said.which](said, api)
    every = 0.0 if said.once else source.every  # so that POMS expects it no more
    health = Health(source.kind, source.name, every, said.health_file)
    memory = Memory(said.state or _state(source), api.url, source.name)
    memory.open()
    try:
        poller = Poller(source, api, memory, health)
        if said.once:
            return 0 if poller.once() else 1
        if said.health is not None:
            print(f"http://127.0.0.1:{health.serve(said.health)}", flush=True)
        poller.run()
    finally:
        memory.close()


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--once", action="store_true", help="look, report and return")
    shared.add_argument("--state", type=Path, help="file that keeps what was said")
    shared.add_argument("--health", type=int, metavar="PORT", help="tell there how it fares")
    shared.add_argument("--health-file", type=Path, help="write there how it fares, as JSON")
    seldom = argparse.ArgumentParser(add_help=False)
    seldom.add_argument("--every", type=float, help="seconds between looks")
    parser = argparse.ArgumentParser(
        prog="poms agent", description="Report to POMS what happens in a batch system."
    )
    kinds = parser.add_subparsers(dest="which", required=True)
    kinds.add_parser("local", parents=[shared], help="the local batch")
    lens = kinds.add_parser("lens", parents=[shared, seldom], help="what LENS (Landscape) knows")
    lens.add_argument("--url", help="its address; else $POMS_LENS_URL")
    lens.add_argument(
        "--group", action="append", default=[], help="ask for its new submissions, too; repeat it"
    )
    condor = kinds.add_parser("condor", parents=[shared, seldom], help="HTCondor's schedds")
    condor.add_argument(
        "--schedd", action="append", default=[], help="again for each; or the local"
    )
    condor.add_argument("--pool", default="", help="the collector that knows them")
    condor.add_argument("--constraint", default="", help="a ClassAd expression that jobs meet")
    condor.add_argument(
        "--by",
        choices=schedds.KINDS,
        default=schedds.best(),
        help="ask by HTCondor's Python bindings, as is done where they are, or by its commands",
    )
    slurm = kinds.add_parser("slurm", parents=[shared, seldom], help="Slurm")
    slurm.add_argument("--no-accounting", action="store_true", help="don't ask sacct")
    return parser


def _local(said: argparse.Namespace, api: Api) -> Source:
    return LocalSource(BatchDirectory(config.batch_dir()))


def _lens(said: argparse.Namespace, api: Api) -> Source:
    url = said.url or config.text("POMS_LENS_URL")
    return LensSource(url, api, said.group, *_every(said))


def _condor(said: argparse.Namespace, api: Api) -> Source:
    names = said.schedd or os.environ.get("POMS_CONDOR_SCHEDDS", "").split(",")
    return CondorSource(names, said.pool, said.constraint, said.by, *_every(said))


def _slurm(said: argparse.Namespace, api: Api) -> Source:
    return SlurmSource(not said.no_accounting, *_every(said))


def _every(said: argparse.Namespace) -> list[float]:
    return [] if said.every is None else [said.every]


SOURCES: dict[str, Callable[[argparse.Namespace, Api], Source]] = {
    "local": _local,
    "lens": _lens,
    "condor": _condor,
    "slurm": _slurm,
}


def _state(source: Source) -> Path:
    """Return where an agent remembers, unless told."""
    if isinstance(source, LocalSource):
        return source.directory.root / "agent.json"
    name = source.name.replace("/", "_").replace(":", "_")
    if os.environ.get("POMS_DATA_DIR"):
        return Path(os.environ["POMS_DATA_DIR"]).absolute() / "agents" / f"{name}.json"
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "poms" / f"{name}.json"
