"""What ``make run`` keeps for one account in one checkout: data folder, secrets, settings."""

import os
import pwd
import secrets
import shlex
import sys
from pathlib import Path

from pomsproject import env
from pomsproject.embedded import write_private

CHECKOUT = Path(__file__).resolve().parent.parent
SECRETS = ("secret-key", "demo-password")
SETTINGS = "poms.env"  # in the data folder
BATCH_STOPS_AFTER = "20"  # idle seconds: the batch daemon outlives `make run`, but not for long


class NoDataFolder(Exception):
    """There is no folder to keep anything in; the message says what to do."""


def data_folder() -> Path:
    """Return the account's own data folder, made when missing: ``POMS_DATA_DIR``, else ``var``.

    What another account made is left alone, so that root and a user can take turns in one checkout.
    The settings that an earlier run wrote there are left out: this one finds them out itself.

    :raises NoDataFolder: when it can't be made.
    """
    env.leave_out(CHECKOUT / "var" / SETTINGS)
    folder = env.path("POMS_DATA_DIR", str(CHECKOUT / "var"))
    env.leave_out(folder / SETTINGS)
    if not env.text("POMS_DATA_DIR") and folder.exists() and not is_ours(folder):
        folder = folder.with_name(f"var-{pwd.getpwuid(os.geteuid()).pw_name}")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NoDataFolder(
            f"{folder} can't be made ({error.strerror}): "
            "run in a checkout of your own, or set POMS_DATA_DIR to a folder of yours"
        ) from error
    if not is_ours(folder):
        raise NoDataFolder(f"{folder} belongs to another account: set POMS_DATA_DIR to your own")
    return folder


def is_ours(path: Path) -> bool:
    return path.stat().st_uid == os.geteuid()


def secret_file(data: Path, name: str) -> Path:
    """Return the file of a secret of this installation, made the first time it is asked for."""
    path = data / "secrets" / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        write_private(path, secrets.token_urlsafe(12 if name == "demo-password" else 48))
    return path


def settings_for(data: Path, port: int, database_url: str) -> dict[str, str]:
    """Return the settings of every part of the installation."""
    return {
        "POMS_DATA_DIR": str(data),
        "POMS_DATABASE_URL": database_url,
        "POMS_SECRET_KEY_FILE": str(secret_file(data, "secret-key")),
        "POMS_DEMO_PASSWORD_FILE": str(secret_file(data, "demo-password")),
        "POMS_URL": f"http://127.0.0.1:{port}",
        "POMS_LOCAL_LAUNCHER": "1",
        "POMS_TOKEN_FILE": str(data / "agents/local.token"),
        "POMS_BATCH_DIR": str(data / "batch"),
        "POMS_BATCH_STOP_AFTER": BATCH_STOPS_AFTER,
    }


def environment_with(settings: dict[str, str]) -> dict[str, str]:
    """Return our own environment with ``settings``, and our commands on the path."""
    commands = Path(sys.prefix) / "bin"
    inherited = env.whole()
    return inherited | settings | {"PATH": f"{commands}:{inherited.get('PATH', os.defpath)}"}


def write_settings(data: Path, settings: dict[str, str]) -> Path:
    """Write the file for ``POMS_ENV_FILE``, with which other shells reach this installation."""
    path = data / SETTINGS
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in settings.items()]
    write_private(path, "".join(lines))
    return path
