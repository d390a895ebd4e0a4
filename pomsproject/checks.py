"""What ``manage.py check`` says about mistakes in the settings of an installation."""

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


def is_private() -> bool:
    """Tell whether POMS answers to this machine alone."""
    return set(settings.ALLOWED_HOSTS) <= LOCAL_NAMES
