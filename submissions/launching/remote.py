"""What a launch host other than ours is told: who we are there, what it is asked, its tokens.

Over ssh a launch keeps its tokens in ``~/.poms/launches/<submission>/<attempt>`` of the account;
its jobs put what they make into ``~/.poms/outputs/<submission>``.
"""

import shlex
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ValidationError
from django.template.loader import render_to_string

from campaigns.models.setups import ACCOUNT, HOST
from campaigns.parameters import UnknownPlaceholder, fill_in
from submissions.launching import sandboxes, script
from submissions.launching.credentials import COPIES
from submissions.launching.places import places
from submissions.models import Submission

BUILT_IN = ("dataset", "parameter", "version", "group", "experimenter", "experiment")
TOKENS = ("launch-token", "job-token")
DAYS_KEPT = 35  # longer than a job token is good for
MINUTES_KEPT = 60  # longer than a launch script runs
CLOCKS_DIFFER = timedelta(days=1)  # a batch system's and ours, at the most


class NoTarget(Exception):
    """A login setup whose account or host makes no sense once it is filled in."""


def account_and_host(submission: Submission) -> tuple[str, str]:
    """Return as whom and where a submission is launched; keywords aren't known there (DOMAIN 4.5).

    Raises:
        NoTarget: after the placeholders are filled in, one of them isn't a name.
    """
    content = submission.snapshot.content
    login, values = content["login_setup"], script.placeholders(submission, content)
    known = {name: values[name] for name in BUILT_IN}
    try:
        account = fill_in(login["launch_account"], known)
        host = fill_in(login["launch_host"], known)
        HOST(host)
        if account:
            ACCOUNT(account)
    except (UnknownPlaceholder, ValidationError) as error:
        where = f"{login['launch_account']}@{login['launch_host']}"
        raise NoTarget(f"login setup {login['name']}: {where} is nowhere to launch") from error
    if "%" in account + host:
        raise NoTarget(f"login setup {login['name']}: {account}@{host} is nowhere to launch")
    return account, host


def luggage(folder: Path) -> str:
    """Return shell text that writes the tokens of an attempt's folder there, for its account only.

    They are on standard input, so that no list of processes shows them. The files of the stage's
    owner come along.
    """
    files = [folder / name for name in (*TOKENS, *COPIES)]
    tokens = {path.name: shlex.quote(path.read_text()) for path in files if path.exists()}
    return render_to_string(
        "submissions/luggage.sh",
        {
            "launch": f"{int(folder.parent.name)}/{int(folder.name)}",
            "tokens": tokens,
            "days_kept": DAYS_KEPT,
            "minutes_kept": MINUTES_KEPT,
            **sandboxes.packed(folder),
        },
    )


def clearing(folder: Path) -> str:
    """Return shell text that removes the sandbox of an attempt that was killed there."""
    name = sandboxes.name_in(folder)
    return f'rm -rf -- "$HOME/.poms/sandboxes/{name}"\n' if name else ""


def since_first_attempt(submission: Submission) -> list[str]:
    """Return the option that spares ``poms find`` what ended before there could be jobs.

    Batch systems keep years of history, and read it from its end.
    """
    first = submission.attempts.order_by("number").first()
    if first is None:
        return []
    return ["--since", f"{(first.started_at - CLOCKS_DIFFER).timestamp():.0f}"]


def question(submission: Submission, words: Sequence[str]) -> str:
    """Return shell text that runs a command as a launch would find it, after its login setup.

    Only what the command says comes out on standard output.
    """
    content = submission.snapshot.content
    values = script.placeholders(submission, content)
    exported = script.environment(submission, content, submission.project)
    return render_to_string(
        "submissions/question.sh",
        {
            "environment": script.quoted(exported) | places(submission, None),
            "setup": script.program(content["login_setup"]["launch_setup"], values),
            "command": shlex.join(words),
        },
    )
