"""``python -m poms_client.testing.dispatcher``: Data Dispatcher's stand-in, with its daemon.

Given the same database and people as MetaCat's, each takes the other's tokens.
"""

from __future__ import annotations

from poms_client.testing import command
from poms_client.testing.dispatcher import DispatcherServer
from poms_client.testing.dispatcher.daemon import INTERVAL


def main() -> None:
    options = command.parser("poms_client.testing.dispatcher", __doc__)
    options.add_argument(
        "--daemon-every", type=float, default=INTERVAL, help="seconds between its rounds"
    )
    said = options.parse_args()
    if not said.database:
        options.error("--database is missing")
    people = command.people_in(said.people)
    dispatcher = DispatcherServer(said.database, people, said.port, delay=said.delay)
    dispatcher.daemon.start(said.daemon_every)
    command.serve(dispatcher)


if __name__ == "__main__":
    main()
