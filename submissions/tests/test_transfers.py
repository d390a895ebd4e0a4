"""File transfer services are asked every two minutes what they have in hand (EXTERNAL 11)."""

import random
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from campaigns.models import DataService
from campaigns.tests import builders
from campaigns.validation.services import may_be_asked
from poms_client.testing.faults import Fault
from poms_client.testing.sam import SamServer
from submissions import transfers
from submissions.models import FileStatistics, Transfer, TransferWatch
from submissions.tests.test_pages import text_of


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2025, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        yield clock


class Services:
    """SAM's registry, and file transfer services that stand in it."""

    def __init__(self, server):
        self.server, self.sam = server, server.application

    def add(self, name, *, listed=True, experiment="nova", tier="prd", kind="fts", **queues):
        address = f"{self.server.url}/fts/{name}"
        entry = {"type": kind, "tier": tier, "experiment": experiment, "name": name}
        if listed:
            self.sam.registry.append(entry | {"uris": {"service": address}})
        self.sam.fts[name] = {
            f"{queue}states": [{"name": file, "msg": message} for file, message in files.items()]
            for queue, files in ({"new": {}, "pending": {}, "error": {}} | queues).items()
        }

    def break_(self, what, kind="500"):
        self.server.faults.add(Fault(path=what, kind=kind))


@pytest.fixture
def fts(db):
    with SamServer() as server:
        builders.data_service("nova", url=server.api("nova"), fts_url=registry(server))
        yield Services(server)


def registry(server):
    return f"{server.url}/sam_web_registry/"


def look(clock=None, after=timedelta(0)):
    if clock is not None:
        clock.shift(after)
    looks = 0
    while (watch := transfers.claim_next()) is not None:
        transfers.look(watch)
        looks += 1
    return looks


def said():
    return {(each.file, str(each)) for each in Transfer.objects.all()}


def test_what_each_service_says_of_a_file_is_kept(fts):
    fts.add("nova-fts1", new={"a.root": "waiting"}, error={"b.root": "no space left"})
    fts.add("nova-fts2", pending={"c.root": "copying"})

    look()

    assert said() == {
        ("a.root", "nova-fts1: waiting"),
        ("b.root", "nova-fts1: no space left"),
        ("c.root", "nova-fts2: copying"),
    }


@pytest.mark.parametrize(
    "other",
    [
        {"experiment": "dune"},
        {"experiment": "unknown"},
        {"tier": "dev"},
        {"kind": "station"},
        {"name": "nova-daq-fts"},
    ],
)
def test_other_services_are_not_asked(fts, other):
    fts.add(**{"name": "nova-fts1", "pending": {"a.root": "copying"}} | other)

    look()

    assert said() == set()
    assert not any("/status" in request.target for request in fts.server.faults.log)


def test_the_registry_sends_us_only_where_a_site_might():
    assert may_be_asked("https://fts.example.org:8443", inside=False)
    assert may_be_asked("http://127.0.0.1:8000/fts", inside=True)
    for address in (
        "http://127.0.0.1:8000/fts",
        "https://localhost/fts",
        "http://fts.example.org",
        "http://169.254.169.254/latest",
        "https://me:secret@fts.example.org",
        "https://fts.example.org/?a=b",
        "file:///etc/passwd",
        "https://[",
    ):
        assert not may_be_asked(address, inside=False)


def test_of_many_services_each_look_asks_a_few_and_all_have_their_turn(fts, clock, monkeypatch):
    monkeypatch.setattr(transfers, "MOST_SERVICES", 2)
    random.seed(1)
    for number in range(4):
        fts.add(f"nova-fts{number}", pending={f"{number}.root": "copying"})

    look()
    assert sum("/status" in request.target for request in fts.server.faults.log) == 2
    for _ in range(8):
        look(clock, timedelta(minutes=2))

    assert {file for file, _ in said()} == {"0.root", "1.root", "2.root", "3.root"}


def test_a_service_that_is_listed_twice_is_asked_once(fts):
    for _ in range(2):
        fts.add("nova-fts1")

    look()

    assert sum("/status" in request.target for request in fts.server.faults.log) == 1


def test_services_are_asked_every_two_minutes(fts, clock):
    assert look() == 1
    assert look(clock, timedelta(seconds=119)) == 0
    assert look(clock, timedelta(seconds=1)) == 1


def test_what_arrived_is_not_on_its_way_any_more(fts, clock):
    fts.add("nova-fts1", pending={"a.root": "copying", "b.root": "copying"})
    look()
    fts.add("nova-fts1", listed=False, pending={"b.root": "copying"})

    look(clock, timedelta(minutes=2))

    assert said() == {("b.root", "nova-fts1: copying")}


def test_a_service_that_is_listed_no_more_has_nothing_in_hand(fts, clock):
    fts.add("nova-fts1", pending={"a.root": "copying"})
    look()
    fts.sam.registry.clear()

    look(clock, timedelta(minutes=2))

    assert said() == set()


@pytest.mark.parametrize("kind", ["500", "wrong_type", "truncated", "nonsense", "refused"])
@pytest.mark.parametrize("what", ["registry", "nova-fts2"])
def test_without_an_answer_what_was_said_stays(fts, clock, what, kind):
    fts.add("nova-fts1", pending={"a.root": "copying"})
    fts.add("nova-fts2", pending={"b.root": "copying"})
    look()
    fts.add("nova-fts1", listed=False)
    fts.break_(what, kind)

    look(clock, timedelta(minutes=2))

    kept = {("b.root", "nova-fts2: copying")}
    if what == "registry":
        kept.add(("a.root", "nova-fts1: copying"))
    assert said() == kept
    watch = TransferWatch.objects.get()
    assert what in watch.unknown
    assert watch.asked_at == timezone.now() - timedelta(minutes=2)


@pytest.mark.parametrize(
    "nonsense", [[], {}, {"newstates": 7}, {"newstates": ["a.root"]}, {"queue": []}]
)
def test_nonsense_is_no_answer(fts, nonsense):
    fts.add("nova-fts1")
    fts.sam.fts["nova-fts1"] = nonsense

    look()

    assert "nova-fts1" in TransferWatch.objects.get().unknown


def test_nobody_is_asked_where_no_registry_is_known(db):
    builders.data_service("nova", fts_url="")

    assert look() == 0


def test_a_registry_that_is_said_later_is_asked(fts):
    DataService.objects.update(fts_url="")
    assert look() == 0
    DataService.objects.update(fts_url=registry(fts.server))

    assert look() == 1


def test_the_submission_says_which_of_its_outputs_are_on_their_way(fts, client, site):
    fts.add("nova-fts1", pending={"out_1.root": "copying to tape", "another.root": "copying"})
    look()
    submission = site.submission(status="Completed")
    FileStatistics.objects.filter(pk=submission.pk).update(
        awaited=["out_1.root", "out_2.root"], figures={"pending": 2}
    )
    client.force_login(site.person)

    page = text_of(client, f"/submissions/{submission.pk}/files/")

    assert "out_1.root" in page
    assert "nova-fts1: copying to tape" in page
    assert "another.root" not in page
    assert "out_2.root" not in page


def test_the_page_says_where_not_all_outputs_were_looked_for(fts, client, site, monkeypatch):
    monkeypatch.setattr(transfers, "MOST_AWAITED", 3)
    client.force_login(site.person)
    submission = site.submission(status="Completed")
    pages = []
    for number in (2, 3):
        awaited = [f"out_{each}.root" for each in range(number)]
        FileStatistics.objects.filter(pk=submission.pk).update(
            awaited=awaited, figures={"files": 3}
        )
        pages.append(text_of(client, f"/submissions/{submission.pk}/files/"))

    assert ["there may be more" in page for page in pages] == [False, True]
    assert "of the first 3 outputs without a location" in pages[1]


def test_the_page_says_which_transfer_service_gave_no_clear_answer(fts, client, site):
    fts.add("nova-fts1")
    fts.break_("nova-fts1", "401")
    look()
    submission = site.submission(status="Completed")
    FileStatistics.objects.filter(pk=submission.pk).update(awaited=["a"], figures={"files": 1})
    client.force_login(site.person)

    page = text_of(client, f"/submissions/{submission.pk}/files/")

    assert "Not every transfer service answered" in page
    assert "nova-fts1/status" in page
