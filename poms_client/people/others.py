"""The commands that ``poms_client.cli`` runs by itself, as help and completion show them.

They take their arguments apart themselves, so the shell is offered the options of their own help.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from importlib import import_module
from io import StringIO
from typing import Any, NamedTuple, Optional

import typer
from typer.core import TyperCommand

from poms_client.people.app import app

LAUNCHES = "In launches and jobs"
BATCH = "Local batch and agents"
OTHERS = {
    "submit": (LAUNCHES, "Take leave, submit jobs, and report the job id."),
    "hook": (LAUNCHES, "Register a submission made without the wrapper."),
    "job-info": (LAUNCHES, "Report the id of jobs that were submitted after poms hook."),
    "next": (LAUNCHES, "Reserve the project's next file for this job."),
    "done": (LAUNCHES, "Say that a file is processed."),
    "failed": (LAUNCHES, "Say that a file can't be processed."),
    "declare": (LAUNCHES, "Declare what this job made."),
    "batch": (BATCH, "Run the daemon of the local batch."),
    "find": (BATCH, "Say what the batch ever had for a submission."),
    "jobs": (BATCH, "Say how a submission's jobs ended."),
    "log": (BATCH, "Show the end of what a job wrote."),
    "agent": (BATCH, "Watch a batch system, and report to POMS."),
}
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")


class Offer(NamedTuple):
    """What click calls a completion item; typer has one of its own, or click's, by its version."""

    value: str
    type: str = "plain"
    help: Optional[str] = None


class Other(TyperCommand):
    """A command with the options that its own ``--help`` names."""

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        if not incomplete.startswith("-"):
            return []
        return [Offer(name) for name in options_of(self.name) if name.startswith(incomplete)]


def options_of(verb: Optional[str]) -> Iterator[str]:
    """Yield the options that ``poms VERB --help`` names."""
    from poms_client.cli import VERBS

    module, _, function = VERBS[verb or ""].partition(":")
    help_text = StringIO()
    with redirect_stdout(help_text), suppress(SystemExit):
        getattr(import_module(module), function)(["--help"])
    yield from sorted(set(OPTION.findall(help_text.getvalue())))


def _add(verb: str, panel: str, short: str) -> None:
    def run_elsewhere() -> None:
        raise typer.BadParameter(f"poms {verb} takes its arguments itself")

    run_elsewhere.__name__ = verb
    app.command(verb, cls=Other, help=short, rich_help_panel=panel)(run_elsewhere)


for name, (panel, short) in OTHERS.items():
    _add(name, panel, short)
