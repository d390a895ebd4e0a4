"""What launches show to batch systems and storage, looked at before each launch (DOMAIN 4.7).

Where the files are says the site (``POMS_PROXY_FILE``, ``POMS_VAULT_TOKEN_FILE``). A launch takes a
copy of its own, which goes when it has ended; what is in them is in no database, log or page.
After ``upload:`` comes the name of a file that somebody has uploaded: the owner of an analysis
stage, else whoever launches. Who launches an analyst's stage shows its programs nothing of theirs.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from campaigns.models import Experimenter
from campaigns.models.setups import CredentialName
from datahandling.expiry import end_of_certificate
from submissions.launching.sandboxes import is_analysts
from submissions.models import Submission
from submissions.shelves import NoSuchFile, Shelf

TIME_LEFT = timedelta(minutes=10)  # less isn't worth a launch
GOOD_FOR = timedelta(days=5)  # a vault token says no end itself
# More options, as the login setup says them: TOKENOPTS_EXTRA=[--web-open-command=,--nooidc]
EXTRA = 'IFS=, read -r -a poms_extra <<< "${TOKENOPTS_EXTRA//[][\\\'\\" ]/}"'
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*")
GROUPS = {"samdev": "fermilab"}
UPLOADED = "upload:"


class NotValid(Exception):
    """There is no good credential for a launch; the text says what to do."""


@dataclass(frozen=True)
class Use:
    """What a launch script exports for a credential, and runs after the login setup."""

    environment: dict[str, str]
    command: str = ""


@dataclass(frozen=True)
class Kind:
    """``setting`` says where the file is, ``ends`` when it ends; ``use`` gets the copy's folder.

    Without a setting the launch host gets a token by itself.
    """

    use: Callable[[Mapping[str, str], str], Use]
    setting: str = ""
    copy: str = ""
    ends: Callable[[Path], datetime | None] = lambda path: None
    renew: str = ""


def group_of(experiment: str) -> str:
    """Return the group of the batch system that an experiment's jobs run as."""
    return GROUPS.get(experiment, experiment)


def find_file(submission: Submission) -> tuple[str, Path] | None:
    """Return the credential's file and the name of its copy; None where there is no file.

    Raises:
        NotValid: there is none, it ends too soon, or the site hasn't said what is needed.
    """
    kind = _kind(submission.snapshot.content)
    if kind is None:
        return None
    names = _names(submission)
    kind.use(names, "")  # says what the site would have to set
    if not kind.setting:
        return None
    path = _path(kind, names, submission)
    try:
        ends = kind.ends(path)
    except OSError as error:
        raise NotValid(f"{path} can't be read ({error.strerror}): {kind.renew}") from error
    if ends is None:
        raise NotValid(f"{path} holds no {kind.copy}: {kind.renew}")
    if ends < datetime.now(UTC) + TIME_LEFT:
        raise NotValid(f"the {kind.copy} in {path} ends at {ends:%F %T} UTC: {kind.renew}")
    return kind.copy, path


def use_of(submission: Submission, folder: str) -> Use:
    """Return what its launch script does with the credential; ``folder`` is a quoted word."""
    kind = _kind(submission.snapshot.content)
    return Use({}) if kind is None else kind.use(_names(submission), folder)


def _kind(content: Mapping[str, Any]) -> Kind | None:
    return KINDS.get(content["login_setup"].get("credential", ""))


def _whose(submission: Submission) -> Experimenter:
    return submission.stage.creator if is_analysts(submission) else submission.creator


def _names(submission: Submission) -> dict[str, str]:
    content = submission.snapshot.content
    names = {
        "experiment": content["experiment"],
        "group": group_of(content["experiment"]),
        "role": content["stage"]["vo_role"],
        "experimenter": _whose(submission).username,
    }
    for name, value in names.items():
        if not NAME.fullmatch(value):
            raise NotValid(f"no credential is looked for: {name} {value!r} can't be part of a path")
    return names


def _path(kind: Kind, names: Mapping[str, str], submission: Submission) -> Path:
    pattern: str = getattr(settings, kind.setting)
    if not pattern:
        raise NotValid(f"nobody has said where the file of a {kind.copy} is: set {_of(kind)}")
    try:
        named = pattern.format(**names)
        if not named.startswith(UPLOADED):
            return Path(named)
        shelf = Shelf(submission.experiment, _whose(submission))
        return shelf.path_of(named.removeprefix(UPLOADED))
    except NoSuchFile as error:
        raise NotValid(f"{error}: {kind.renew}") from error
    except (KeyError, IndexError, ValueError) as error:
        known = ", ".join(f"{{{name}}}" for name in names)
        raise NotValid(f"{_of(kind)}={pattern} isn't understood; known are {known}") from error


def _of(kind: Kind) -> str:
    return f"POMS_{kind.setting}"


def _end_of_proxy(path: Path) -> datetime | None:
    return end_of_certificate(path.read_text(errors="replace"))


def _end_of_vault_token(path: Path) -> datetime | None:
    if not path.read_text(errors="replace").strip():
        return None
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) + GOOD_FOR


def _use_proxy(names: Mapping[str, str], folder: str) -> Use:
    return Use({"X509_USER_PROXY": f"{folder}/proxy"})


def _use_vault_token(names: Mapping[str, str], folder: str) -> Use:
    options = ["-a", _server("VAULT_SERVER"), "-r", "default", "-i", names["group"]]
    credkey = f"--credkey={shlex.quote(names['experimenter'])}"
    file = f"--vaulttokeninfile={folder}/vault-token"
    got = _get_token(f"{shlex.join(options)} {file} {credkey}", folder)
    whose = {
        "CONDOR_VAULT_STORER_ID": '"poms-$POMS4_SUBMISSION_ID-$POMS_ATTEMPT"',
        "CONDOR_VAULT_STORER_USER": shlex.quote(names["experimenter"]),
    }
    return Use(got.environment | whose, got.command)


def _use_managed_token(names: Mapping[str, str], folder: str) -> Use:
    options = ["-a", _server("VAULT_SERVER"), "-r", names["role"].lower(), "-i", names["group"]]
    account = f"{names['experiment']}pro/managedtokens/{_server('MANAGED_TOKENS_SERVER')}"
    return _get_token(shlex.join([*options, f"--credkey={account}"]), folder)


def _get_token(options: str, folder: str) -> Use:
    """Have htgettoken write a bearer token; where it can't, nothing was submitted (code 4).

    Its last options are those of the login setup.
    """
    exported = {
        "BEARER_TOKEN_FILE": f"{folder}/bearer-token",
        "_condor_SEC_CREDENTIAL_STORER": "/bin/true",
    }
    return Use(exported, f'{EXTRA}\nhtgettoken {options} "${{poms_extra[@]}}" || return 4')


def _server(setting: str) -> str:
    server: str = getattr(settings, setting)
    if not server:
        raise NotValid(f"tokens can't be had: set POMS_{setting}")
    return server


KINDS: dict[str, Kind] = {
    CredentialName.PROXY: Kind(
        _use_proxy, "PROXY_FILE", "proxy", _end_of_proxy, "renew it, and the launch goes on"
    ),
    CredentialName.VAULT_TOKEN: Kind(
        _use_vault_token,
        "VAULT_TOKEN_FILE",
        "vault-token",
        _end_of_vault_token,
        "upload a new one, and the launch goes on",
    ),
    CredentialName.MANAGED_TOKEN: Kind(_use_managed_token),
}
COPIES = ("proxy", "vault-token", "bearer-token")
