"""The test session: its own environment, and its PostgreSQL where ``POMS_DATABASE_URL`` is unset.

All this happens when this file is imported, because the conftests below it may import models.
"""

import os
import shutil
import tempfile

import pytest
from hypothesis import settings as hypothesis_settings

from pomsproject import embedded

KEPT = {"POMS_DATABASE_URL", "POMS_DATABASE_URL_FILE", "POMS_REQUIRE_ALL", "POMS_LHE_DIR"}

hypothesis_settings.register_profile("poms", derandomize=True, database=None, deadline=None)
hypothesis_settings.load_profile("poms")


def forget_the_settings_of_this_shell():
    for name in [name for name in os.environ if name.startswith("POMS") and name not in KEPT]:
        del os.environ[name]


def hold_a_database():
    """Start a server for this session; one that the kernel makes end with us, however we end."""
    if os.environ.get("POMS_DATABASE_URL") or os.environ.get("POMS_DATABASE_URL_FILE"):
        return None
    holder = embedded.Holder(embedded.temporary_home())
    os.environ["POMS_DATABASE_URL"] = holder.url
    return holder


def prepare():
    forget_the_settings_of_this_shell()
    os.environ["DJANGO_SETTINGS_MODULE"] = "pomsproject.settings"
    os.environ["POMS_SECRET_KEY"] = "only for the tests"
    os.environ["POMS_DATA_DIR"] = tempfile.mkdtemp(prefix="poms-data-")
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = os.environ["POMS_DATA_DIR"]
    return hold_a_database()


# A worker of pytest-xdist inherits all of it from the process that started it.
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
DATABASE = None if IS_WORKER else prepare()

import django  # noqa: E402

django.setup()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    if IS_WORKER:
        return
    shutil.rmtree(os.environ["POMS_DATA_DIR"], ignore_errors=True)
    if DATABASE is not None:
        DATABASE.release()


def pytest_runtest_setup(item):
    """Skip what needs a program that isn't here: ``@pytest.mark.needs("sshd", package=…)``."""
    for mark in item.iter_markers("needs"):
        for program in mark.args:
            if shutil.which(program) is None:
                lack(f"{program} is missing: install the package {mark.kwargs['package']}")


def lack(reason):
    if os.environ.get("POMS_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason} (POMS_REQUIRE_ALL=1)")
    pytest.skip(reason)
