"""Which of the variables around a submit its jobs get to see."""

from __future__ import annotations

from collections.abc import Mapping

# What makes sense on this machine only.
OF_THIS_MACHINE = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_", "TZ", "TMPDIR"),
    *("VIRTUAL_ENV", "PYTHON", "LD_LIBRARY_PATH"),
)
PASSED_ON = (
    *("POMS", "JOBSUB", "EXPERIMENT", "GROUP", "SAM_", "FIFE_", "UPLOADS"),
    *("DATA_DISPATCHER_", "METACAT_", "IFDH_BASE_URI", "BEARER_TOKEN_FILE", "X509_USER_PROXY"),
)
# What only the launch, a person or the server may know; and orders to this very process.
WITHHELD = (
    *("POMS_LAUNCH_TOKEN", "POMS_TOKEN", "POMS_SECRET_KEY", "POMS_DATABASE_URL", "POMS_EMAIL_URL"),
    "POMS_CRASH_AT",
)


def of_jobs(
    around: Mapping[str, str], asked_for: Mapping[str, str], *, elsewhere: bool = False
) -> dict[str, str]:
    """Return the environment of jobs; what was ``asked_for`` (``-e``) is added to it.

    :param elsewhere: the jobs run on other machines, which have a ``PATH`` of their own.
    """
    prefixes = PASSED_ON if elsewhere else (*OF_THIS_MACHINE, *PASSED_ON)
    passed_on = {name: value for name, value in around.items() if name.startswith(prefixes)}
    passed_on.update(asked_for)
    return {name: value for name, value in passed_on.items() if not name.startswith(WITHHELD)}
