"""jobsub_lite's commands as tests need them, over the real commands of an HTCondor pool.

Lines of output and exit codes are those of jobsub_lite 1.12: ``jobsub_submit`` ends with 0 when
``condor_submit`` failed, and ``jobsub_rm`` when nothing matched. Of its options ``-G``, ``--role``,
``-N``, ``-e``, ``-l``, ``-f``, ``-n``, ``--dag``, ``--dataset-definition``, ``--maxConcurrent``,
``--project-name``, ``--job-info`` and the variables ``JOBSUB_EXTRA_*`` have their effect; others
are taken and have none. The project of ``--dataset-definition`` is started at the address that jobs
are told of by ``SAM_WEB_BASE_URL``; without one nowhere.

``python -m poms_client.testing.pools.jobsub submit|q|rm|hold|release ARGUMENTS``
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import time
import uuid
from pathlib import Path

from poms_client.submit_cli import jobsub_parser
from poms_client.systems import description
from poms_client.testing.pools.condor import SCHEDD, CondorPool
from poms_client.testing.pools.jobsub_dag import dag_of_dataset, dag_of_file, dag_of_jobs

LINE = "=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-=-"
CLUSTER = re.compile(r"submitted to cluster (\d+)\.")
VERBS = ("submit", "q", "rm", "hold", "release")
ACTS = {"rm": "condor_rm", "hold": "condor_hold", "release": "condor_release"}
COLUMNS = ("ClusterId", "ProcId", "Owner", "QDate", "JobStatus", "Cmd", "Args", "DAGNodeName")
STATES = dict(enumerate("UIRXCHE"))
SCRIPT = """\
#!/bin/sh
# jobsub of the test pool
export PATH='{pool}':"$PATH" XDG_CACHE_HOME='{cache}' PYTHONPATH='{here}'
exec '{python}' -m poms_client.testing.pools.jobsub {verb} "$@"
"""


SAM_NODE = """\
#!/bin/sh
[ -z "$SAM_WEB_BASE_URL" ] || exec python -m poms_client.testing.samjob {verb}
"""


def install(pool: CondorPool) -> Path:
    """Put the commands into a folder below the pool's, and return it."""
    folder = pool.folder / "jobsub"
    folder.mkdir(exist_ok=True)
    here = Path(__file__).parents[3]
    known = {"pool": pool.path, "cache": pool.folder / "cache", "here": here}
    for verb in VERBS:
        command = folder / f"jobsub_{verb}"
        command.write_text(SCRIPT.format(verb=verb, python=sys.executable, **known))
        command.chmod(0o755)
    return folder


class Failed(Exception):
    """What jobsub ends with, as ``Error: <class>: <text>``."""


def submit(arguments: list[str]) -> int:
    parser = jobsub_parser()
    if "--dag" in arguments:  # which takes the file instead of a script
        parser.set_defaults(executable="")
    said = parser.parse_args(arguments + ([""] if "--dag" in arguments else []))
    group = (said.group or [os.environ.get("JOBSUB_GROUP") or os.environ.get("GROUP")])[-1]
    if not group:
        parser.error("the following arguments are required: -G/--group")
    print("JOBSUB_OUTPUT_URL not defined in your environment", file=sys.stderr)
    folder = _work_folder()
    dag = _write(said, group, folder)
    if said.no_submit:
        print(f"Submission files are in: {folder}")
        return 0
    lines = [word for line in _lines(said, group) for word in ("-append", line)]
    command = ["condor_submit_dag", *lines, "dag.dag"] if dag else ["condor_submit", "jobs.cmd"]
    done = subprocess.run(
        command,
        cwd=folder,
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    print(done.stdout, end="")
    found = CLUSTER.search(done.stdout)
    if done.returncode != 0 or found is None:
        print(
            f"Error: {command[0]} exited with failed status code {done.returncode}", file=sys.stderr
        )
        return 0
    lead = f"{found[1]}.0@{SCHEDD}"
    print(f"\n{LINE}\n\nUse job id {lead} to retrieve output\n\n{LINE}\n", flush=True)
    _tell(said, lead, ["jobsub_submit", *arguments])
    return 0


def _work_folder() -> Path:
    stamp = time.strftime("js_%Y_%m_%d_%H%M%S")
    folder = Path(os.environ["XDG_CACHE_HOME"]) / "jobsub_lite" / f"{stamp}_{uuid.uuid4()}"
    folder.mkdir(parents=True)
    return folder


def _write(said: argparse.Namespace, group: str, folder: Path) -> bool:
    """Write descriptions of the jobs, and a DAG where they need one; return whether they do."""
    if said.dag:
        dag = _write_dag(said, group, folder)
    elif said.dataset_definition:
        dag = _write_with_project(said, group, folder)
    else:
        one_by_one = bool(said.maxConcurrent)
        dag = dag_of_jobs(said.N, int(said.maxConcurrent[-1])) if one_by_one else ""
        jobs = _description(said, group, 1 if one_by_one else said.N)
        (folder / "jobs.cmd").write_text(jobs)
    if dag:
        (folder / "dag.dag").write_text(dag)
    return bool(dag)


def _write_dag(said: argparse.Namespace, group: str, folder: Path) -> str:
    dag, jobs = dag_of_file(Path(said.dag[-1].removeprefix("file://")).read_text())
    for name, words in jobs.items():
        inner = jobsub_parser().parse_args(words)
        inner.lines = [*(said.lines or []), *(inner.lines or [])]
        inner.environment = [*said.environment, *inner.environment]
        (folder / f"{name}.cmd").write_text(_description(inner, group, inner.N))
    return dag


def _write_with_project(said: argparse.Namespace, group: str, folder: Path) -> str:
    _share_project(said, group)
    (folder / "jobs.cmd").write_text(_description(said, group, 1))
    for verb in ("start", "end"):
        script = folder / f"sam_{verb}.sh"
        script.write_text(SAM_NODE.format(verb=verb))
        node = argparse.Namespace(**{**vars(said), "executable": str(script), "arguments": []})
        (folder / f"sam_{verb}.cmd").write_text(_description(node, group, 1))
    return dag_of_dataset(said.N)


def _share_project(said: argparse.Namespace, group: str) -> None:
    """Tell the jobs of their SAM project, of which jobsub makes up the name unless it is said."""
    dataset = said.dataset_definition[-1]
    known = _environment(said)
    name = (said.project_name or [known.get("SAM_PROJECT_NAME") or known.get("SAM_PROJECT")])[-1]
    name = name or f"{dataset}_poms_{uuid.uuid4()}"
    told = {"SAM_PROJECT": name, "SAM_PROJECT_NAME": name, "SAM_DATASET": dataset}
    told.update(SAM_USER="poms", SAM_GROUP=group, SAM_STATION=group)
    said.environment = [*said.environment, *(f"{key}={value}" for key, value in told.items())]


def _description(said: argparse.Namespace, group: str, jobs: int) -> str:
    script = Path(said.executable.removeprefix("file://"))
    if not script.is_file():
        raise Failed(f"FileNotFoundError: [Errno 2] No such file or directory: '{script}'")
    files = ", ".join([str(script.resolve()), *(said.f or [])])
    told = {name: description.escaped(value) for name, value in _environment(said).items()}
    told.update(EXPERIMENT=group, GRID_USER="poms", PROCESS="$(Process)", CLUSTER="$(Cluster)")
    told["JOBSUBJOBID"] = f"$(Cluster).$(Process)@{SCHEDD}"
    arguments = map(description.escaped, [script.name, *said.arguments])
    lines = [
        *("universe = vanilla", "executable = /bin/sh", "transfer_executable = False"),
        f"arguments = {description.words(arguments)}",
        f"environment = {description.words('='.join(pair) for pair in told.items())}",
        *("output = $(Cluster).$(Process).out", "error = $(Cluster).$(Process).err"),
        *("log = jobs.log", "should_transfer_files = YES", 'transfer_output_files = ""'),
        f"transfer_input_files = {files}",
    ]
    return "\n".join([*lines, *_lines(said, group), f"queue {jobs}", ""])


def _environment(said: argparse.Namespace) -> dict[str, str]:
    extra = os.environ.get("JOBSUB_EXTRA_ENVIRONMENT", "").split(",")
    found: dict[str, str] = {}
    for item in [*said.environment, *filter(None, extra)]:
        name, given, value = item.partition("=")
        if not given and name not in os.environ:
            raise Failed(f"KeyError: '{name}'")
        found[name] = value if given else os.environ[name]
    return found


def _lines(said: argparse.Namespace, group: str) -> list[str]:
    extra = os.environ.get("JOBSUB_EXTRA_LINES", "").split(",")
    own = {"JobsubJobId": f"$(Cluster).$(Process)@{SCHEDD}", "Jobsub_Group": group}
    own["GeneratedBy"] = "jobsub_lite 1.12 (double)"
    mine = [f'+{name} = "{value}"' for name, value in own.items()]
    return [*mine, *(said.lines or []), *filter(None, extra)]


def _tell(said: argparse.Namespace, lead: str, argv: list[str]) -> None:
    extra = os.environ.get("JOBSUB_EXTRA_JOB_INFO", "").split(",")
    for command in [*(said.job_info or []), *filter(None, extra)]:
        line = f"{command} {lead} {shlex.quote(str(argv))} </dev/null"
        subprocess.run(line, shell=True, check=False)  # noqa: S602 - jobsub does, too


def q(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="jobsub_q")
    parser.add_argument("-G", "--group")
    parser.add_argument("--constraint", default="true")
    said = parser.parse_args(arguments)
    asked = ["condor_q", "-allusers", "-constraint", said.constraint, "-af:t", *COLUMNS]
    listed = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True).stdout
    print("JOBSUBJOBID                             OWNER       \tSUBMITTED     ST COMMAND")
    rows = [line.split("\t") for line in listed.splitlines()]
    for cluster, proc, owner, at, state, command, words, node in rows:
        name = owner if node == "undefined" else f" |-{node}"
        when = time.strftime("%m/%d %H:%M", time.localtime(int(at)))
        letter = STATES.get(int(state), "?")
        said_words = f"{Path(command).name} {'' if words == 'undefined' else words}"
        print(
            f"{cluster}.{proc}@{SCHEDD}".ljust(40) + f"{name:<12}\t{when}   {letter}  {said_words}"
        )
    counted = [sum(row[4] == state for row in rows) for state in "431257"]
    states = ("completed", "removed", "idle", "running", "held", "suspended")
    totals = ", ".join(f"{count} {state}" for count, state in zip(counted, states))
    print(f"{len(rows)} total; {totals}")
    return 0


def act(verb: str, arguments: list[str]) -> int:
    """Remove, hold or release; 0 when nothing matched, too."""
    parser = argparse.ArgumentParser(prog=f"jobsub_{verb}")
    parser.add_argument("-G", "--group")
    parser.add_argument("--role")
    parser.add_argument("--constraint")
    parser.add_argument("--jobid", action="append", default=[])
    parser.add_argument("ids", nargs="*")
    said = parser.parse_args(arguments)
    if said.constraint:
        subprocess.run([ACTS[verb], "-constraint", said.constraint], check=False)
    for job in ",".join([*said.jobid, *said.ids]).split(","):
        number, _, schedd = job.partition("@")
        if number and schedd not in ("", SCHEDD):
            print(f"Error: cannot get address of schedd {schedd}", file=sys.stderr)
            return 1
        if number:
            subprocess.run([ACTS[verb], number], check=False)
    return 0


def main(arguments: list[str]) -> int:
    verb, rest = arguments[0], arguments[1:]
    try:
        if verb == "submit":
            return submit(rest)
        return q(rest) if verb == "q" else act(verb, rest)
    except Failed as error:
        print(f"\n\nError: {error}\n\n", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
