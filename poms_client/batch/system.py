"""The local batch, as one batch system among others."""

from __future__ import annotations

import sys
from typing import ClassVar, Optional

from poms_client import config
from poms_client.batch import directory as batch
from poms_client.batch.directory import BatchDirectory
from poms_client.errors import PomsError
from poms_client.systems.base import Found, Order, Submitted, System
from poms_client.systems.running import NoAnswer


class LocalBatch(System):
    name: ClassVar[str] = "local"
    elsewhere: ClassVar[bool] = False

    def check(self) -> None:
        config.batch_dir()

    def submit(self, order: Order) -> Submitted:
        """Put it in. The report has the agent's source and the time of the submit.

        When the agent was faster and the jobs run already, POMS takes no notice of the older news.
        """
        if order.lines or order.description or order.dag:
            raise PomsError("the local batch takes a command only, no description and no lines")
        cluster = BatchDirectory(config.batch_dir()).submit(
            batch.Order(
                argv=order.argv,
                jobs=order.jobs,
                environment=dict(order.environment),
                cwd=order.cwd,
                submission=order.submission,
                attempt=order.attempt,
                options=dict(order.options),
                project=order.project,
                expires=order.expires,
            )
        )
        return Submitted(cluster.id, cluster.jobs, "Idle", batch.source(), cluster.submitted)

    def look_after(self) -> None:
        from poms_client.batch.starting import ensure_daemon

        directory = BatchDirectory(config.batch_dir())
        if not ensure_daemon(directory):
            print(
                "poms submit: warning: the jobs are queued, but no daemon starts;"
                f" see {directory.root}/daemon.log",
                file=sys.stderr,
                flush=True,
            )

    def find(self, submission: int, since: Optional[float]) -> list[Found]:
        try:
            found = BatchDirectory(config.batch_dir()).find(submission)
        except OSError as error:
            raise NoAnswer(f"the batch can't be asked: {error}") from error
        return [] if found is None else [Found(*found)]
