"""``poms agent``: run one of the submission agents."""

from __future__ import annotations

import argparse
import logging
import signal
import sys

from poms_client import config
from poms_client.agents.local import LocalAgent
from poms_client.api import Api
from poms_client.batch.directory import BatchDirectory


def agent(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="poms agent", description="Report to POMS what happens in a batch system."
    )
    parser.add_argument("which", choices=["local"])
    parser.add_argument("--once", action="store_true", help="look, report and return")
    said = parser.parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s")
    local = LocalAgent(BatchDirectory(config.batch_dir()), _api(said.once))
    if said.once:
        local.look()
        return 0 if local.send() else 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    local.run()
    return 0


def _api(once: bool) -> Api:
    """While it runs on, the agent itself sees to it that what wasn't sent is sent later."""
    return Api(config.text("POMS_URL"), config.person_token(), None if once else 0.0)
