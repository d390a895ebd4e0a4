"""The ``poms`` command. A job says ``poms next`` for each file, so nothing is imported in vain."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Callable

from poms_client.errors import PomsError

VERBS = {
    "submit": "poms_client.submit_cli:poms_submit",
    "hook": "poms_client.hook:hook",
    "job-info": "poms_client.hook:job_info",
    "next": "poms_client.job_cli:next_file",
    "done": "poms_client.job_cli:done",
    "failed": "poms_client.job_cli:failed",
    "declare": "poms_client.job_cli:declare",
    "batch": "poms_client.batch.cli:batch",
    "find": "poms_client.systems.cli:find",
    "jobs": "poms_client.batch.logs:jobs",
    "log": "poms_client.batch.logs:log",
    "kill": "poms_client.systems.cli:kill",
    "hold": "poms_client.systems.cli:hold",
    "release": "poms_client.systems.cli:release",
    "agent": "poms_client.agents.cli:agent",
}
FOR_PEOPLE = "poms_client.people:run"
BOTH = {"kill", "hold", "release"}  # of the batch where it is named so, else of POMS
OF_THE_BATCH = {"--tag", "--cluster"}


def main() -> None:
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    past_people = verb in VERBS and (verb not in BOTH or _names_the_batch(sys.argv[2:]))
    target, taken = (VERBS[verb], 2) if past_people else (FOR_PEOPLE, 1)
    _run(target, sys.argv[taken:], f"poms {verb}")


def jobsub_submit() -> None:
    _run("poms_client.submit_cli:jobsub_submit", sys.argv[1:], "jobsub_submit")


def _names_the_batch(arguments: list[str]) -> bool:
    return any(argument.partition("=")[0] in OF_THE_BATCH for argument in arguments)


def _run(target: str, arguments: list[str], name: str) -> None:
    module, _, function = target.partition(":")
    try:
        command: Callable[[list[str]], int] = getattr(import_module(module), function)
        sys.exit(command(arguments))
    except PomsError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
