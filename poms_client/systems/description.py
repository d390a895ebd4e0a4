"""HTCondor's own languages: submit descriptions, and the DAG file around somebody's DAG.

Quoting is that of the HTCondor manual, *condor_submit* (arguments and environment, new syntax) and
*DAGMan, VARS*. ``$`` begins a macro in all of them, so it is written as one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from poms_client.errors import PomsError
from poms_client.systems import running
from poms_client.systems.base import Order

DOLLAR = "$(DOLLAR)"
TOKEN = "POMS_JOB_TOKEN_FILE"
# What a job of the local batch finds, too.
OF_EACH_JOB = {
    "CLUSTER": "$(Cluster)",
    "PROCESS": "$(Process)",
    "POMS_JOB_INDEX": "$(Process)",
}


def of_command(order: Order, schedd: str, tags: Mapping[str, str]) -> str:
    """Return the submit description of ``order.jobs`` jobs that run ``order.argv``."""
    stem = running.file_stem(order)
    name = f"{stem}.$(Cluster).$(Process)"
    environment = {name: escaped(value) for name, value in order.environment.items()}
    files = [environment[TOKEN]] if TOKEN in environment else []
    if files:  # the job finds it in its own folder
        environment[TOKEN] = Path(files[0]).name
    environment.update(OF_EACH_JOB, JOBSUBJOBID=f"$(Cluster).$(Process)@{schedd}")
    said = {
        "universe": "vanilla",
        **_program(order),
        "environment": words(f"{name}={value}" for name, value in environment.items()),
        "initialdir": escaped(order.cwd),
        "output": f"{name}.out",
        "error": f"{name}.err",
        "log": f"{stem}.$(Cluster).log",
        "should_transfer_files": "YES",
        "transfer_input_files": ", ".join(files),
        "transfer_output_files": '""',
    }
    lines = [f"{key} = {_one_line(value)}" for key, value in said.items()]
    return "\n".join([*lines, *order.lines, *attributes(tags), f"queue {order.jobs}", ""])


def attributes(tags: Mapping[str, str]) -> list[str]:
    """Return the lines that give jobs these attributes."""
    return [f"+{name} = {escaped(value)}" for name, value in tags.items()]


def around_dag(dag: str, tags: Mapping[str, str], names: str) -> str:
    """Return a DAG that is another one, whose jobs carry the tags as its leader does.

    They see the leader's variables of these names, unless their description has a ``getenv``.
    """
    given = [f'VARS ALL_NODES +{name}="{_in_vars(escaped(value))}"' for name, value in tags.items()]
    seen = [f'VARS ALL_NODES PREPEND getenv="{names}"'] if names else []
    return "\n".join([f"INCLUDE {_one_line(dag)}", *seen, *given, ""])


def _program(order: Order) -> dict[str, str]:
    """A file is sent along; a mere name is one that the worker has to have."""
    first, rest = order.argv[0], order.argv[1:]
    if os.path.dirname(first):  # noqa: PTH120 - a name without a folder has none
        return {"executable": escaped(first), "arguments": words(map(escaped, rest))}
    return {
        "executable": "/usr/bin/env",
        "transfer_executable": "False",
        "arguments": words(map(escaped, order.argv)),
    }


def words(each: Iterable[str]) -> str:
    """Return arguments, or ``NAME=value`` settings, in HTCondor's new syntax."""
    quoted = ("'" + word.replace("'", "''").replace('"', '""') + "'" for word in each)
    return '"' + " ".join(quoted) + '"'


def escaped(value: str) -> str:
    """Return text in which nothing is a macro."""
    return value.replace("$", DOLLAR)


def _in_vars(expression: str) -> str:
    return expression.replace("\\", "\\\\").replace('"', '\\"')


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise PomsError(f"HTCondor takes no line breaks, so it can't be told {text!r}")
    return text
