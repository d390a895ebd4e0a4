"""Which files each type of recovery takes on Data Dispatcher (DOMAIN 6.2, A.7)."""

import pytest

from campaigns.recoveries import RECOVERY_TYPES, Chain
from datahandling.query import Dataset, Nothing
from datahandling.tests.services.data_dispatcher import DispatcherSite

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::ResourceWarning")]

NAMES = [f"f{number:03}" for number in range(100)]
CHAIN = Chain("raw", ("p",), children=Nothing(), required=(Nothing(),))  # nothing was made


@pytest.fixture
def site(tmp_path):
    with DispatcherSite(tmp_path) as site:
        yield site


@pytest.fixture
def handler(site):
    return site.handler("demo")


@pytest.fixture
def service(site, handler):
    """100 files in a project: 60 done, 10 failed, 5 reserved, 25 waiting."""
    service = site.own_side("demo")
    service.declare(*NAMES)
    handler.start_project("p", Dataset("raw"), {"virtual": True})
    service.put("p", done=60, failed=10, reserved=5)
    return service


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("state_failed", NAMES[60:70]),
        ("state_not_done", NAMES[60:]),
        ("reprocess_all", NAMES),
        ("added_files", []),
    ],
)
def test_what_each_type_takes(handler, service, kind, files):
    assert handler.files(RECOVERY_TYPES[kind].files(CHAIN)) == files


def test_orphans_are_those_that_were_processed_and_have_no_children(handler, service):
    for name in (NAMES[0], NAMES[61], NAMES[99]):
        service.declare(f"{name}.reco", parents=[name], dataset=None)

    orphans = handler.files(RECOVERY_TYPES["reprocess_orphans"].files(CHAIN))
    assert orphans == [name for name in NAMES[:70] if name not in (NAMES[0], NAMES[61])]


def test_what_was_added_since(handler, service):
    service.declare("late")

    assert handler.files(RECOVERY_TYPES["added_files"].files(CHAIN)) == ["late"]


def test_under_1p_a_recovery_counts_its_files_only(handler, service):
    """The project is the same; the percentage is over the 10 that are tried again."""
    failed = RECOVERY_TYPES["state_failed"].files(CHAIN)
    assert handler.freeze("poms_recover_1_0", failed) == 10

    settings = {"methodology": "1P", "restarts": "p"}
    found = handler.start_project("r", Dataset("poms_recover_1_0"), settings)

    original = handler.project("p")
    assert found.details["project_id"] == original.details["project_id"]
    assert (found.files, found.initial, found.details["files_in_project"]) == (10, 10, 100)
    assert (original.files, original.done, original.failed) == (100, 60, 0)
    service.put("p", done=65)
    assert handler.project("r").done == 5
