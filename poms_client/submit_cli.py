"""``poms submit`` and the ``jobsub_submit`` shim: two command lines for one wrapper."""

from __future__ import annotations

import argparse
import os
from itertools import takewhile
from pathlib import Path
from typing import Optional

from poms_client import config, systems
from poms_client.errors import NotConfigured
from poms_client.systems.cli import system_options
from poms_client.wrapper import Wanted, submit

# Options of jobsub_lite that mean nothing on this machine; they are written down with the cluster.
WITH_VALUE = (
    *("-G --group", "--role", "--subgroup", "-l --lines", "-f", "--tar_file_name"),
    *("--memory", "--disk", "--cpu", "--expected-lifetime", "--OS", "--site"),
    *("--resource-provides", "--blocklist", "--append_condor_requirements", "--maxConcurrent"),
    *("--project-name", "--dd-percentage", "--dd-extra-dataset", "--singularity-image"),
    *("--job-info", "--global-pool", "--need-storage-modify", "--need-scope", "--timeout"),
)
FLAGS = (
    *("--onsite", "--offsite", "--no-singularity", "--managed-token", "--use-cvmfs-dropbox"),
    *("--use-pnfs-dropbox", "--mail_never", "--mail_always", "--mail_on_error", "--debug"),
)
SAM_PROJECT = ("SAM_PROJECT", "SAM_PROJECT_NAME")
NOT_HERE = ("--dag", "--dataset-definition --dataset_definition --dataset")


def number_of_jobs(value: str) -> Optional[int]:
    """Parse ``-N``: a positive number, or ``files`` (None)."""
    if value == "files":
        return None
    if not value.isdecimal() or int(value) == 0:
        raise argparse.ArgumentTypeError(f"{value!r} is neither a positive number nor 'files'")
    return int(value)


def poms_submit(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="poms submit",
        description="Submit jobs for the submission that this launch is for, once.",
        epilog="Exit codes: 0 submitted; 2 misused; 3 refused by POMS; 4 no clear answer from POMS;"
        " 5 submitted already; 6 too late; 7 the batch system named no job id. Nothing is submitted"
        " unless it is 0 or 7; after 7 POMS asks the batch system.",
    )
    parser.add_argument(
        "-N",
        dest="jobs",
        type=number_of_jobs,
        default=1,
        metavar="n|files",
        help="so many jobs, 1 unless said; files: one for each file of the project",
    )
    parser.add_argument(
        "-e",
        dest="environment",
        action="append",
        default=[],
        metavar="VAR[=V]",
        help="a variable that the jobs see",
    )
    system_options(parser)
    parser.add_argument(
        *("-l", "--line"),
        action="append",
        default=[],
        metavar="LINE",
        help="a line more of the submit description (condor, jobsub), an option more (slurm)",
    )
    own = parser.add_mutually_exclusive_group()
    own.add_argument("--description", default="", metavar="FILE", help="submit this description")
    own.add_argument("--dag", default="", metavar="FILE", help="submit this DAG (condor)")
    parser.add_argument("--project", help="the project that the jobs start, where POMS doesn't")
    parser.add_argument("--stage", help="outside a launch: register with this stage, id or name")
    parser.add_argument("--campaign", help="in which campaign the stage is, name or number")
    parser.add_argument("--experiment", help="in which experiment; for a name else $EXPERIMENT")
    parser.add_argument("--untracked", action="store_true", help="don't tell POMS")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what a job runs, after --")
    said = parser.parse_args(arguments)
    command = said.command[1:] if said.command[:1] == ["--"] else said.command
    if bool(command) == bool(said.description or said.dag):
        parser.error("say which command to run, after --, or give a --description or a --dag")
    environment = _environment(said.environment)
    submit(
        Wanted(
            argv=_command(command),
            jobs=said.jobs,
            system=said.system,
            lines=tuple(said.line),
            description=said.description,
            dag=said.dag and os.path.abspath(said.dag),  # noqa: PTH100 - resolves no links
            asked_for=environment,
            experiment=said.experiment,
            campaign=said.campaign,
            stage=said.stage,
            untracked=said.untracked or _untracked(),
            project=said.project or _project_of(environment),
        )
    )
    return 0


def jobsub_submit(arguments: list[str]) -> int:
    """Submit to the local batch, or by the real jobsub where ``$POMS_BATCH_SYSTEM`` says so."""
    if systems.default() == "jobsub":
        return _real_jobsub(arguments)
    parser = jobsub_parser()
    said = parser.parse_args(arguments)
    options = {name: value for name, value in vars(said).items() if value not in (None, [], False)}
    for option in NOT_HERE:
        if _destination(option) in options:
            parser.error(f"{option.split()[0]} needs a real jobsub; the local batch hasn't got it")
    script = said.executable.removeprefix("file://")
    if not Path(script).is_file():
        parser.error(f"there is no script {script}")
    argv = (_program(script), *said.arguments)
    if not os.access(script, os.X_OK):
        argv = ("/bin/sh", *argv)
    if said.no_submit:
        print(" ".join(argv))
        return 0
    extra = os.environ.get("JOBSUB_EXTRA_ENVIRONMENT", "").split(",")
    environment = _environment([*said.environment, *filter(None, extra)])
    project = (said.project_name or [_project_of(environment)])[-1]
    submit(
        Wanted(
            argv,
            said.N,
            asked_for=environment,
            options=options,
            project=project,
            untracked=_untracked(),
        )
    )
    return 0


def _real_jobsub(arguments: list[str]) -> int:
    from poms_client.systems.jobsub import real

    its_own = list(takewhile(lambda word: not word.startswith("file://"), arguments))
    if {"-n", "--no-submit", "-h", "--help", "--version"} & set(its_own):
        os.execv(real(), ["jobsub_submit", *arguments])
    submit(
        Wanted(tuple(arguments), system="jobsub", project=_project_of({}), untracked=_untracked())
    )
    return 0


def _untracked() -> bool:
    return config.optional("POMS_UNTRACKED", "") == "1"


def jobsub_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jobsub_submit",
        description="jobsub_lite's command line, for the local batch; see also: poms submit.",
        allow_abbrev=False,
    )
    parser.add_argument("-N", type=number_of_jobs, default=1)
    parser.add_argument("-e", "--environment", action="append", default=[])
    parser.add_argument("-n", "--no-submit", action="store_true")
    parser.add_argument("-d", dest="d", nargs=2, action="append", metavar=("TAG", "DIR"))
    for option in (*WITH_VALUE, *NOT_HERE):
        parser.add_argument(*option.split(), dest=_destination(option), action="append")
    for option in FLAGS:
        parser.add_argument(option, action="store_true")
    parser.add_argument("executable", metavar="file://SCRIPT")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def _destination(option: str) -> str:
    names = option.split()
    long = [name for name in names if name.startswith("--")] or names
    return long[0].lstrip("-").replace("-", "_")


def _environment(asked_for: list[str]) -> dict[str, str]:
    """Read ``VAR=value`` as it is, and ``VAR`` from the environment here."""
    found = {}
    for item in asked_for:
        name, given, value = item.partition("=")
        if not given and name not in os.environ:
            raise NotConfigured(f"-e {name}: there is no such variable here")
        found[name] = value if given else os.environ[name]
    return found


def _project_of(asked_for: dict[str, str]) -> str:
    """Return the SAM project that the jobs are told of, as fife_utils and jobsub name it."""
    named = (where.get(name) for where in (asked_for, os.environ) for name in SAM_PROJECT)
    return next(filter(None, named), "")


def _command(words: list[str]) -> tuple[str, ...]:
    return (_program(words[0]), *words[1:]) if words else ()


def _program(name: str) -> str:
    is_path = "/" in name and not name.startswith("file://")
    return os.path.abspath(name) if is_path else name  # noqa: PTH100 - resolves no links
