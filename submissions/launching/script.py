"""The shell script of a launch: what it exports, sets up and runs (W9).

The login setup and the launch script are programs. Every value put into them is one quoted word.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings as site
from django.template.loader import render_to_string

from campaigns.dataservices import handler_of_launch
from campaigns.models.dataservices import DataHandlerName
from campaigns.models.setups import LauncherName
from campaigns.parameters import (
    Parameter,
    check_not_in_quotes,
    fill_in,
    fill_keywords,
    layers_of_launch,
    merge,
)
from datahandling.environments import of_credential
from submissions.launching.credentials import COPIES, Use, group_of, use_of
from submissions.launching.places import folder_of, places
from submissions.launching.sandboxes import Sandbox, place_of
from submissions.models import LaunchAttempt, Submission
from submissions.models.launches import JOB_TOKEN_PREFIX

SECRETS = re.compile(
    rf"\b{JOB_TOKEN_PREFIX}[\w-]{{20,}}"
    r"|(?P<before>(?i:authorization['\"]?[ \t]*[:=][ \t]*['\"]?(?:\w+[ \t]+)?"
    r"|--?password[ \t]+|password=|\w*secret\w*=)['\"]?)[^\s'\"]+"
    r"|(?i:(?<=bearer )[\w.~+/-]{8,})"
    r"|(?i:(?<=token=)[\w.~+/-]{8,})"
    r"|(?P<user>//[^\s:/@]+:|\b\w+:(?![\d.]+@))[^\s:/@'\"]+(?=@\w)"  # 12.0@host is a job
)


@dataclass(frozen=True)
class Launch:
    """What would be launched: parameters with who set them, command and environment."""

    parameters: list[Parameter]
    setup: str
    command: str
    environment: dict[str, str]


def plan(
    submission: Submission, *, project: str = "", service: Mapping[str, str] | None = None
) -> Launch:
    """Work out what a launch of ``submission`` runs, from its snapshot. Changes nothing.

    ``service`` are the variables that lead jobs to the data service (``service_of``).

    Raises:
        UnknownPlaceholder: a text of the snapshot names a placeholder that nothing defines.
    """
    content = submission.snapshot.content
    values = placeholders(submission, content)
    parameters = effective_parameters(submission, content, values)
    words = [word(parameter) for parameter in parameters]
    script = program(content["job_type"]["launch_script"], values)
    return Launch(
        parameters=parameters,
        setup=program(content["login_setup"]["launch_setup"], values),
        command=" ".join([script.rstrip(), *words]),
        environment={
            **environment(submission, content, project),
            **dispatcher_environment(submission, content, project),
            **(service or {}),
        },
    )


def service_of(submission: Submission, project: str) -> dict[str, str]:
    """Return where the data service is; to jobs of this machine also which file opens it.

    Raises:
        Unknown: nobody has said where it is.
    """
    content = submission.snapshot.content
    handler = handler_of_launch(content)
    found = handler.environment(project)
    if handler.service is not None and content["login_setup"]["launcher"] == LauncherName.LOCAL:
        found = found | of_credential(handler.service)
    return found


def program(text: str, values: Mapping[str, str]) -> str:
    """Fill ``values`` into a program, each as one quoted word."""
    check_not_in_quotes(text)
    return fill_in(text, values, quote=shlex.quote)


def placeholders(submission: Submission, content: Mapping[str, Any]) -> dict[str, str]:
    """Return the value of each ``%(name)s``; keywords are filled into dataset and version first."""
    keywords: dict[str, str] = content["campaign"]["keywords"]
    dataset = fill_keywords(submission.dataset, keywords)
    version = content["stage"]["software_version"]
    return {
        **keywords,
        "dataset": dataset,
        "parameter": dataset,
        "version": version,
        "group": content["experiment"],
        "experimenter": submission.creator.username,
        "experiment": content["experiment"],
    }


def effective_parameters(
    submission: Submission, content: Mapping[str, Any], values: Mapping[str, str]
) -> list[Parameter]:
    stage = content["stage"]
    layers = layers_of_launch(
        content["job_type"]["parameters"],
        content["campaign"]["param_overrides"],
        stage["param_overrides"],
        submission.param_overrides,
        stage["test_param_overrides"],
        merge_overrides=stage["merge_overrides"],
        is_test=submission.test,
    )
    return [
        Parameter(fill_in(p.key, values), fill_in(p.value, values), p.set_by) for p in merge(layers)
    ]


def word(parameter: Parameter) -> str:
    """Return a parameter as one quoted word, or two where its key ends in a blank.

    >>> word(Parameter("--name=", "a b", "stage")), word(Parameter("-N ", "5", "stage"))
    ("'--name=a b'", '-N 5')
    """
    if parameter.key.endswith(" ") and parameter.value:
        return f"{shlex.quote(parameter.key.rstrip())} {shlex.quote(parameter.value)}"
    return shlex.quote(f"{parameter.key.rstrip()}{parameter.value}")


def environment(submission: Submission, content: Mapping[str, Any], project: str) -> dict[str, str]:
    """Return what the launch script and its jobs find in their environment; no secret among it."""
    campaign, stage = content["campaign"], content["stage"]
    group = group_of(content["experiment"])
    is_test = submission.test or campaign["is_test"]
    campaign_name, stage_name = campaign["name"].replace(" ", "_"), stage["name"].replace(" ", "_")
    return {
        "POMS_URL": site.POMS_URL,
        "POMS4_SUBMISSION_ID": str(submission.pk),
        "POMS4_CAMPAIGN_STAGE_ID": str(stage["id"]),
        "POMS4_CAMPAIGN_STAGE_NAME": stage_name,
        "POMS4_CAMPAIGN_STAGE_TYPE": stage["stage_type"],
        "POMS4_CAMPAIGN_ID": str(campaign["id"]),
        "POMS4_CAMPAIGN_NAME": campaign_name,
        "POMS4_CAMPAIGN_TYPE": "test" if campaign["is_test"] else "",
        "POMS4_TEST_LAUNCH": str(is_test),
        "POMS_TASK_ID": str(submission.pk),
        "POMS_CAMPAIGN_ID": str(stage["id"]),  # a legacy name: it carries the stage's id
        "POMS_CAMPAIGN_NAME": combined_name(campaign_name, stage_name),
        "POMS_PARENT_TASK_ID": str(submission.original_id or ""),
        "POMS_TASK_DEFINITION_ID": str(content["job_type"]["id"]),
        "POMS_LAUNCHER": submission.creator.username,
        "POMS_TEST": "1" if is_test else "",
        "POMS_DATASET": submission.dataset,
        "POMS_PROJECT": project,
        "EXPERIMENT": content["experiment"],
        "GROUP": group,
        "JOBSUB_GROUP": group,
    }


def dispatcher_environment(
    submission: Submission, content: Mapping[str, Any], project: str
) -> dict[str, str]:
    """Return what jobs on Data Dispatcher are told of their input; of other handlers nothing.

    An input without a project is a bare value of a list. The project's number comes with where the
    service is: the data handler knows it.
    """
    if content["campaign"]["data_handler"] != DataHandlerName.DATA_DISPATCHER:
        return {}
    settings = content["stage"]["data_dispatcher"]
    return {
        "POMS_DATA_DISPATCHER_TASK_ID": str(submission.pk),
        "POMS_DATA_DISPATCHER_PROJECT_VIRTUAL": str(settings["virtual"]),
        "POMS_DATA_DISPATCHER_LOAD_LIMIT": str(settings["load_limit"] or ""),
        "POMS_DATA_DISPATCHER_DATASET_QUERY": submission.dataset if project else "",
        "POMS_DATA_DISPATCHER_PARAMETER": "" if project else submission.dataset,
    }


def combined_name(campaign: str, stage: str) -> str:
    """Return the name that monitoring groups by.

    >>> combined_name("mc", "mc"), combined_name("mc", "mc_reco"), combined_name("mc", "reco")
    ('mc', 'mc___reco', 'mc__reco')
    """
    if stage == campaign:
        return campaign
    return f"{campaign}__{stage.removeprefix(campaign)}"


def quoted(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: shlex.quote(value) for name, value in environment.items()}


def render(
    submission: Submission,
    launch: Launch,
    attempt: LaunchAttempt | None,
    sandbox: Sandbox | None = None,
) -> str:
    """Return the text of the script: of an attempt, or (None) what an attempt would run."""
    exported = dict(launch.environment)
    use = Use({})
    if attempt is not None:
        exported["POMS_ATTEMPT"] = str(attempt.number)
        use = use_of(submission, folder_of(submission, attempt))
    return render_to_string(
        "submissions/launch.sh",
        {
            "submission_id": submission.pk or "(none yet)",
            "attempt": attempt.number if attempt else "(none yet)",
            "title": " ".join(f"{submission.stage.campaign} / {submission.stage}".split()),
            "environment": quoted(exported)
            | {"UPLOADS": place_of(submission, attempt, sandbox)}
            | places(submission, attempt)
            | use.environment,
            "get_token": use.command,
            "folder": folder_of(submission, attempt) if attempt else "",
            "copies": COPIES if use.environment else (),
            "sandbox": place_of(submission, attempt, sandbox) if sandbox else "",
            "setup": launch.setup,
            "command": launch.command,
        },
    )


def write(
    attempt: LaunchAttempt,
    script: str,
    token: str,
    job_token: str,
    credential: tuple[str, Path] | None = None,
) -> None:
    """Put the script, its tokens and its copy of a credential into the attempt's folder, 0600."""
    attempt.folder.mkdir(parents=True, mode=0o700)
    texts = {"script.sh": script, "launch-token": token, "job-token": job_token}
    if credential is not None:
        name, file = credential
        texts[name] = file.read_text()
    for name, text in texts.items():
        path = attempt.folder / name
        path.touch(mode=0o600)
        path.write_text(text)


def read_log(attempt: LaunchAttempt, last: int = 200_000) -> str:
    """Return the end of an attempt's log, secrets masked; empty while there is none."""
    try:
        with (attempt.folder / "log").open("rb") as log:
            log.seek(max(0, (attempt.folder / "log").stat().st_size - last))
            return mask(log.read().decode(errors="replace"))
    except FileNotFoundError:
        return ""


def mask(text: str) -> str:
    """Replace what looks like a secret."""
    return SECRETS.sub(lambda m: f"{m['before'] or m['user'] or ''}••••••", text)
