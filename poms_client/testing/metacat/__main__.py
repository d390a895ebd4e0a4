"""``python -m poms_client.testing.metacat``: MetaCat's stand-in as a process of its own."""

from __future__ import annotations

from poms_client.testing import command
from poms_client.testing.metacat import MetaCatServer


def main() -> None:
    options = command.parser("poms_client.testing.metacat", __doc__)
    said = options.parse_args()
    if not said.database:
        options.error("--database is missing")
    people = command.people_in(said.people)
    command.serve(MetaCatServer(said.database, people, said.port, delay=said.delay))


if __name__ == "__main__":
    main()
