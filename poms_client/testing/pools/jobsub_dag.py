"""The DAGs that jobsub makes: of ``--dag`` files, ``--maxConcurrent``, ``--dataset-definition``."""

from __future__ import annotations

import shlex

STAGES = {"<serial>": True, "<parallel>": False}
ENDS = ("</serial>", "</parallel>")


def dag_of_jobs(jobs: int, most: int) -> str:
    """Return a DAG of ``jobs`` clusters of one job, of which ``most`` run at once."""
    nodes = [f"JOB WORKER_{number} jobs.cmd" for number in range(jobs)]
    throttled = [f"CATEGORY WORKER_{number} WORKERS" for number in range(jobs)]
    return "\n".join([*nodes, *throttled, f"MAXJOBS WORKERS {most}", ""])


def dag_of_dataset(jobs: int) -> str:
    """Return a DAG of jobs that share a SAM project, which is ended whatever became of them."""
    workers = [f"WORKER_{number}" for number in range(jobs)]
    nodes = ["JOB SAM_START sam_start.cmd", *(f"JOB {worker} jobs.cmd" for worker in workers)]
    forgiven = [f"SCRIPT POST {worker} /bin/true" for worker in workers]
    edges = [
        f"PARENT SAM_START CHILD {' '.join(workers)}",
        f"PARENT {' '.join(workers)} CHILD SAM_END",
    ]
    return "\n".join([*nodes, "JOB SAM_END sam_end.cmd", *forgiven, *edges, ""])


def dag_of_file(text: str) -> tuple[str, dict[str, list[str]]]:
    """Return DAGMan's file, and the arguments of ``jobsub`` for each of its jobs by name.

    What is in ``<serial>`` runs one after the other, what is in ``<parallel>`` at once; one such
    block begins when the one before it is over.
    """
    jobs: dict[str, list[str]] = {}
    parents: list[str] = []
    edges: list[str] = []
    block: list[str] = []
    serial = True
    for line in filter(None, map(str.strip, text.splitlines())):
        if line in STAGES:
            serial = STAGES[line]
        elif line in ENDS:
            parents, block = block or parents, []
        elif line.startswith("jobsub "):
            name = f"JOB_{len(jobs)}"
            jobs[name] = shlex.split(line)[1:]
            before = block[-1:] if serial and block else parents
            edges += [f"PARENT {parent} CHILD {name}" for parent in before]
            block = [name] if serial else [*block, name]
        else:
            raise ValueError(f"a DAG has no line like {line!r} here")
    nodes = [f"JOB {name} {name}.cmd" for name in jobs]
    return "\n".join([*nodes, *edges, ""]), jobs
