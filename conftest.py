"""The test session: its own environment, and its PostgreSQL where ``POMS_DATABASE_URL`` is unset.

All this happens when this file is imported, because the conftests below it may import models.
"""

import atexit
import os
import shutil
import tempfile

from hypothesis import settings as hypothesis_settings

from pomsproject import embedded

pytest_plugins = ["poms_client.testing.pools.fixtures"]

KEPT = {
    "POMS_DATABASE_URL",
    "POMS_DATABASE_URL_FILE",
    "POMS_REQUIRE_ALL",
    "POMS_LHE_DIR",
    "POMS_KILLS",
    "POMS_CRASH_ROUNDS",
    "POMS_THOROUGH",
}

hypothesis_settings.register_profile("poms", derandomize=True, database=None, deadline=None)
hypothesis_settings.load_profile("poms")


def forget_the_settings_of_this_shell():
    for name in [name for name in os.environ if name.startswith("POMS") and name not in KEPT]:
        del os.environ[name]


def temporary_folder():
    """Return a folder for this session's data, beside a server that is this session's.

    The keeper of the server deletes both, however we end. Where there is a database already, the
    folder goes when this process ends by itself.
    """
    if os.environ.get("POMS_DATABASE_URL") or os.environ.get("POMS_DATABASE_URL_FILE"):
        folder = tempfile.mkdtemp(prefix="poms-data-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return folder
    holder = embedded.Holder(embedded.temporary_home())
    atexit.register(holder.release)
    os.environ["POMS_DATABASE_URL"] = holder.url
    folder = holder.home.path / "var"
    folder.mkdir(mode=0o700)
    return str(folder)


def prepare():
    forget_the_settings_of_this_shell()
    folder = temporary_folder()
    os.environ["DJANGO_SETTINGS_MODULE"] = "pomsproject.settings"
    os.environ["POMS_SECRET_KEY"] = "only for the tests"
    os.environ["POMS_DATA_DIR"] = os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder


if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker inherits all of it
    prepare()

import django  # noqa: E402
from django.contrib.auth.hashers import PBKDF2PasswordHasher  # noqa: E402

from poms_client.testing.lacking import lack  # noqa: E402

django.setup()

# Passwords are slow to guess, and as slow to make: half a second for each person in each test. A
# hash says how often it was stirred, so real servers take these too.
PBKDF2PasswordHasher.iterations = 1


def pytest_runtest_setup(item):
    """Skip what needs a program that isn't here: ``@pytest.mark.needs("sshd", package=…)``."""
    for mark in item.iter_markers("needs"):
        for program in mark.args:
            if shutil.which(program) is None:
                lack(f"{program} is missing: install the package {mark.kwargs['package']}")
