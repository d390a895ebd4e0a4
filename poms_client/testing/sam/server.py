"""The stand-in as a server, for tests in the same process and as a process of its own."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Optional

from poms_client.testing.faults import Faults
from poms_client.testing.sam.app import SamApplication
from poms_client.testing.sam.evaluation import MOST_TERMS
from poms_client.testing.sam.experiments import Experiments
from poms_client.testing.sam.store import Store
from poms_client.testing.server import Server


class SamServer:
    """SAM web on a loopback port while the ``with`` lasts.

    ::

        with SamServer() as sam:
            files.declare(sam.store("demo"), {"file_name": "raw_1.root", "locations": ["/data"]})
            requests.get(f"{sam.api('demo')}/files/count", params={"dims": "file_name raw%"})

    :param state: the folder where it stays; None keeps it in memory.
    :param delay: seconds before each answer.
    :param query_limit: see ``Store``.
    """

    def __init__(
        self,
        state: Optional[Path] = None,
        port: int = 0,
        delay: float = 0.0,
        query_limit: int = MOST_TERMS,
    ) -> None:
        self._experiments = Experiments(state, query_limit)
        self.application = SamApplication(self._experiments)
        self.faults = Faults(self.application, delay)
        self._server = Server(self.faults, port)
        self.url = self._server.url

    def api(self, experiment: str) -> str:
        """What paths are put behind."""
        return f"{self.url}/sam/{experiment}/api"

    def store(self, experiment: str) -> Store:
        """What SAM knows of the experiment, to be read and changed by ``files``, ``projects`` …"""
        return self._experiments.store(experiment)

    def serve_forever(self) -> None:
        """Serve in this thread, until it is interrupted."""
        self._server.serve_forever()

    def close(self) -> None:
        self._experiments.close()

    def __enter__(self) -> SamServer:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._server.stop()
        self.close()
