"""What ``manage.py check`` says about mistakes in the settings of an installation."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks

from pomsproject.packages import FILES

LOCAL_NAMES = {"127.0.0.1", "localhost", "[::1]", "testserver"}


@checks.register
def check_crontab_line(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """A crontab ends a command at ``%``; django-crontab takes what follows ``#`` for a comment."""
    line = settings.CRONTAB_DJANGO_MANAGE_PATH + settings.CRONTAB_COMMAND_SUFFIX
    if not set(line) & set("#%\n"):
        return []
    hint = "Move the checkout, or POMS_DATA_DIR, to a path without # and %."
    return [checks.Warning(f"cron can't run {line!r}.", hint=hint, id="pomsproject.W001")]


@checks.register
def check_debug(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    if not settings.DEBUG or is_private():
        return []
    hint = "Unset POMS_DEBUG: its pages show settings and code to anybody."
    return [
        checks.Warning("Debug pages are on for other machines.", hint=hint, id="pomsproject.W002")
    ]


@checks.register
def check_packages(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    missing = sorted(name for name in FILES if not (settings.NODE_MODULES / name).exists())
    if not missing:
        return []
    hint = "Run `npm ci --ignore-scripts`; `make run` does it by itself."
    text = f"{missing[0]} isn't in {settings.NODE_MODULES}: pages lack their looks."
    return [checks.Warning(text, hint=hint, id="pomsproject.W003")]


@checks.register
def check_local_launcher(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    if not settings.LOCAL_LAUNCHER or is_private():
        return []
    hint = "Unset POMS_LOCAL_LAUNCHER, unless only people you trust edit login setups."
    text = "Who edits a login setup runs programs as the account of POMS."
    return [checks.Warning(text, hint=hint, id="pomsproject.W004")]


@checks.register
def check_token_issuers(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """Who can change the keys of an issuer on their way to us can sign in as anybody."""
    hint = "In POMS_TOKEN_ISSUERS, name a file or an https: address after each issuer."
    text = "The keys of {} are asked for at {}."
    return [
        checks.Warning(text.format(issuer, source), hint=hint, id="pomsproject.W005")
        for issuer, source in settings.TOKEN_ISSUERS.items()
        if not source.startswith("https://") and not Path(source).is_file()
    ]


def is_private() -> bool:
    """Tell whether POMS answers to this machine alone."""
    return set(settings.ALLOWED_HOSTS) <= LOCAL_NAMES
